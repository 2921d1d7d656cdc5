/** The hub is put back to last night's copy, which lacks sales that it had acknowledged; the stores refuse, then fill it again [TRN15]. */
import { join } from 'node:path'
import { withinWindow } from './window-words.ts'
import { allTills, askAtOnce, type Cast, type StormStore } from './cast.ts'
import { areAllPosted, countedSales, haveAllArrived, logCounts, openExceptions } from './hub-book.ts'
import { daysAgree } from './days-offline.ts'
import { closeDay, sell } from './till-day.ts'
import { becomesTrue } from './until.ts'

const refusedWords = /Head office has less than it once confirmed/

const sellALittle = async ({ pace }: Cast, { tills, pc }: StormStore, day: Date): Promise<void> => {
  await Promise.all(tills.map((till) => sell(till, pc, day, { ...pace, sales: Math.ceil(pace.sales / 2) })))
}

export const hubRestored = async (cast: Cast): Promise<void> => {
  const { centre, teller, first, second } = cast
  const stores = [first, second]
  const tills = allTills(cast)
  const day = cast.daysAgo(1)
  teller.step("The hub's database is put back to last night's copy")
  await becomesTrue(() => haveAllArrived(centre, tills))
  await centre.copyDatabase()
  await askAtOnce(cast, stores)
  const night = (await countedSales(centre)).length
  teller.say(`At night the database is copied, with ${night} sales in it. In the morning both stores sell on`)
  await Promise.all(stores.map((store) => sellALittle(cast, store, day)))
  const acknowledged = await becomesTrue(() => haveAllArrived(centre, tills))
  const morning = (await countedSales(centre)).length
  const posted = await becomesTrue(() => areAllPosted(centre, tills))
  teller.claim(`${morning - night} more sales are acknowledged by the hub and booked in the ERP`, acknowledged && posted)

  await centre.restoreDatabase()
  await askAtOnce(cast, stores)
  const restored = (await countedSales(centre)).length
  teller.say(`The disk breaks, and last night's copy takes its place: the hub has ${restored} sales again, and does not know it`)
  teller.claim(`it lacks ${morning - restored} sales that it had acknowledged`, morning - restored > 0)
  await Promise.all(stores.map((store) => sellALittle(cast, store, day)))
  await storesRefuse(cast, restored)

  teller.say('The operator declares the restored database: POST /v1/epochs')
  const declaredAt = new Date()
  await centre.call('POST', '/v1/epochs', { reason: "restored from last night's copy" })
  await askAtOnce(cast, stores)
  await storesFillIt(cast)
  await Promise.all(stores.map(({ tills: own, pc }) => closeDay(own, pc, day)))
  for (const store of stores) await daysAgree(cast, store, 5, declaredAt)
}

/** Both sides say so, and nothing is mixed. */
const storesRefuse = async ({ centre, teller, first, second, dir }: Cast, restored: number): Promise<void> => {
  const stores = [first, second]
  await becomesTrue(async () => (await openExceptions(centre, 'HUB_FELL_BACK')).length === stores.length)
  const exceptions = await openExceptions(centre, 'HUB_FELL_BACK')
  for (const { message } of exceptions) teller.say(`hub, exception HUB_FELL_BACK: ${message.split(':')[0]}`)
  teller.claim(`the hub shows ${exceptions.length} open exceptions HUB_FELL_BACK, one a store`, exceptions.length === stores.length)
  for (const { pc, name, storeId } of stores) {
    const words = await withinWindow(pc, refusedWords)
    const picture = join(dir, `hub-fell-back-${storeId}.png`)
    await pc.picture(picture)
    teller.claim(`${name}'s manager reads: “${words}” (${picture})`, words !== '')
  }
  const still = (await countedSales(centre)).length
  teller.claim(`nothing was sent to it meanwhile: it still has ${still} sales, while the tills sold on`, still === restored)
}

const storesFillIt = async (cast: Cast): Promise<void> => {
  const { centre, teller, first, second } = cast
  const tills = allTills(cast)
  const filled = await becomesTrue(() => haveAllArrived(centre, tills), 360_000)
  const sold = tills.reduce((sum, till) => sum + till.sold.length, 0)
  const counted = (await countedSales(centre)).length
  teller.claim(`the stores came back and sent what it lacked: ${counted} of ${sold} sales, each once`, filled && counted === sold)
  for (const { storeId, name, tills: own } of [first, second]) {
    const log = await logCounts(centre, storeId)
    const answered = own.reduce((sum, till) => sum + till.sold.length, 0)
    teller.claim(
      `the log has ${log.accepted} accepted of ${answered} answered at ${name}, ${log.duplicate + log.other} of any other kind`,
      log.accepted === answered && log.duplicate + log.other === 0,
    )
  }
  const closed = await becomesTrue(async () => (await openExceptions(centre, 'HUB_FELL_BACK')).length === 0)
  teller.claim('the exceptions HUB_FELL_BACK have ended by themselves', closed)
  await becomesTrue(() => areAllPosted(centre, tills))
  const documents = await centre.erp.documents()
  teller.claim(
    `the ERP has ${documents.length} documents for ${sold} sales: what it had booked before was found again, not booked twice`,
    documents.length === sold,
  )
}
