/** A store's PC is copied while it is off, and both run: two journals with one history, which part when both go on [CAP13]. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { presentLife } from '../ledgers.ts'
import type { BackOffice } from './back-office.ts'
import { allTills, type Cast } from './cast.ts'
import { areAllPosted, countedSales, haveAllArrived, livesOf, logCounts } from './hub-book.ts'
import { closeDay, sell } from './till-day.ts'
import { becomesTrue } from './until.ts'
import { withinWindow } from './window-words.ts'

const newLifeWords = /disk was restored or copied/

const logOf = (pc: BackOffice): Promise<string> => readFile(join(pc.folders.data, 'agent.log'), 'utf8')

export const pcCloned = async (cast: Cast): Promise<BackOffice> => {
  const { centre, teller, second, pace, switchOn, dir } = cast
  const { pc, storeId, tills, name } = second
  const [one, two] = tills
  const day = cast.daysAgo(0)
  teller.step(`${name}'s PC is copied to another one, and both are switched on`)
  await becomesTrue(() => haveAllArrived(centre, tills))
  const livesBefore = await livesOf(centre, storeId)
  const answeredBefore = tills.reduce((sum, { sold }) => sum + sold.length, 0)
  await pc.stop()
  const copy = await pc.cloned(`${name}, the copy`, join(dir, `${storeId}-copy`))
  const life = await presentLife(pc.folders.journal)
  teller.say(`Both disks hold the same journal (life ${life}) and the same key. Till T1 sells at the first PC, till T2 at the copy`)
  await pc.start()
  await switchOn(copy)
  await Promise.all([sell(one, pc, day, pace), sell(two, copy, day, pace)])
  const sold = tills.reduce((sum, till) => sum + till.sold.length, 0) - answeredBefore
  const arrived = await becomesTrue(() => haveAllArrived(centre, tills), 180_000)
  await Promise.all([closeDay([one], pc, day), closeDay([two], copy, day)])
  const log = await logCounts(centre, storeId)
  const answered = answeredBefore + sold
  teller.claim(
    `all ${sold} sales of both PCs are at the hub: ${log.accepted} accepted of ${answered} answered`,
    arrived && log.accepted === answered,
  )
  const lives = await livesOf(centre, storeId)
  teller.claim(
    `one of them went on under a life of its own (${lives.slice(livesBefore.length).join(', ')}); what it held was sent again under it, and ${log.duplicate} sales were recognised and not counted twice`,
    lives.length === livesBefore.length + 1 && log.duplicate > 0,
  )
  teller.say(`While both were one life, the hub let one of them in at a time: SESSION_REPLACED ${await timesReplaced([pc, copy])} times`)
  await aPersonIsTold(cast, [pc, copy])
  await becomesTrue(() => areAllPosted(centre, allTills(cast)))
  const counted = (await countedSales(centre)).filter(({ key }) => key.startsWith(storeId)).length
  teller.claim(`the hub counts ${counted} sales of ${name}, ${answered} were answered`, counted === answered)
  return copy
}

/** While both say that they are the same life of the journal, one connection at a time is let in. */
const timesReplaced = async (pcs: readonly BackOffice[]): Promise<number> => {
  const logs = await Promise.all(pcs.map(logOf))
  return logs.join('').split('"code":"SESSION_REPLACED"').length - 1
}

const aPersonIsTold = async ({ teller, dir, second }: Cast, pcs: readonly BackOffice[]): Promise<void> => {
  const told = (await Promise.all(pcs.map(async (pc) => ({ pc, log: await logOf(pc) })))).filter(({ log }) => newLifeWords.test(log))
  for (const { pc } of told) {
    const words = await withinWindow(pc, newLifeWords)
    await pc.picture(join(dir, `copied-${second.storeId}.png`))
    teller.claim(`the manager at “${pc.name}” reads: “${words}”`, words !== '')
  }
  teller.claim(`exactly one of the two says that it is a copy (${told.length})`, told.length === 1)
}
