/** Two stores sell; then one is without a line for three business days, while prices change at the centre [TRN22] [PRC5]. */
import { allTills, askAtOnce, type Cast, type StormStore } from './cast.ts'
import { areAllPosted, askToCompare, comparisons, countedSales, haveAllArrived, logCounts } from './hub-book.ts'
import { changesAtTill, lastDelta, type NewPrice, priceCheckpoint, priceEntriesAfter, pricesOnShelf, setPrices } from './prices.ts'
import { businessDayOf, closeDay, sell } from './till-day.ts'
import { becomesTrue } from './until.ts'

const rounds = [4, 3, 2] as const
const changedItems = 8

export const tradeDay = async ({ pace }: Cast, { tills, pc }: StormStore, day: Date): Promise<void> => {
  await Promise.all(tills.map((till) => sell(till, pc, day, pace)))
  await closeDay(tills, pc, day)
}

export const twoStoresSell = async (cast: Cast): Promise<void> => {
  const { centre, teller, first, second } = cast
  const day = cast.daysAgo(5)
  teller.step('Two stores sell, and all of it arrives')
  await Promise.all([first, second].map((store) => tradeDay(cast, store, day)))
  const tills = allTills(cast)
  const arrived = await becomesTrue(() => haveAllArrived(centre, tills))
  const sold = tills.reduce((sum, till) => sum + till.sold.length, 0)
  const repeated = tills.reduce((sum, till) => sum + till.repeated, 0)
  const counted = (await countedSales(centre)).length
  teller.say(`${sold} sales answered "captured" at four tills; ${repeated} of them were sent twice by their till`)
  teller.claim(`the hub counts ${counted} sales, each once`, arrived && counted === sold)
  const posted = await becomesTrue(() => areAllPosted(centre, tills))
  teller.claim(`the ERP has ${(await centre.erp.documents()).length} documents`, posted)
}

/** Each round raises the same items by another 10 cents; the last one counts. */
const roundOfPrices = (shelf: readonly NewPrice[], round: number): NewPrice[] =>
  shelf.slice(0, changedItems).map(({ itemId, amountMinor }) => ({ itemId, amountMinor: amountMinor + 10 * round }))

const isSame = (a: readonly NewPrice[], b: readonly NewPrice[]): boolean => {
  const text = (prices: readonly NewPrice[]) => JSON.stringify(prices.map(({ itemId, amountMinor }) => `${itemId}=${amountMinor}`).sort())
  return text(a) === text(b)
}

export const threeDaysAway = async (cast: Cast): Promise<void> => {
  const { centre, line, teller, first, second } = cast
  const { pc, storeId, tills } = first
  teller.step(`${first.name} has no line for three business days; prices change at the centre meanwhile`)
  const before = { checkpoint: await priceCheckpoint(centre, storeId), delta: await lastDelta(pc), log: await logCounts(centre, storeId) }
  const shelf = (await pricesOnShelf(pc)).sort((a, b) => (a.itemId < b.itemId ? -1 : 1))
  await line.cut()
  teller.say('The line is cut; both stores go on selling, and close each day')
  for (const [index, daysAgo] of rounds.entries()) {
    const day = cast.daysAgo(daysAgo)
    await Promise.all([first, second].map((store) => tradeDay(cast, store, day)))
    await setPrices(centre, storeId, roundOfPrices(shelf, index + 1), day, index + 1)
  }
  const away = tills.reduce((sum, { sold }) => sum + sold.length, 0) - before.log.accepted
  teller.claim(`${away} sales of ${first.name} are answered and wait in its journal; the hub still has ${before.log.accepted}`, away > 0)
  // The hub tidies its feeds when it starts, and every few hours.
  await centre.restartHub()
  await becomesTrue(async () => (await priceEntriesAfter(centre, storeId, before.checkpoint)).prices === changedItems, 20_000)
  const waiting = await priceEntriesAfter(centre, storeId, before.checkpoint)
  teller.claim(
    `${rounds.length * changedItems} prices were set; ${waiting.prices} are left to be sent, and ${waiting.removals} removals of prices that are past`,
    waiting.prices === changedItems,
  )

  const receivedBefore = line.receivedBytes()
  await line.mend()
  teller.say('The line is back')
  await askAtOnce(cast, [first])
  const newest = roundOfPrices(shelf, rounds.length)
  const arrived = await becomesTrue(() => haveAllArrived(centre, tills))
  const log = await logCounts(centre, storeId)
  teller.claim(
    `all ${away} sales arrived: the log has ${log.accepted} accepted, ${log.duplicate} twice, ${log.other} refused`,
    arrived && log.accepted === before.log.accepted + away && log.duplicate + log.other === 0,
  )
  await becomesTrue(async () => (await changesAtTill(pc, before.delta)).length >= changedItems)
  const told = await changesAtTill(pc, before.delta)
  teller.claim(
    `the tills were told ${told.length} price changes, each item once, each its newest (${kilobytes(line.receivedBytes() - receivedBefore)} came down the line)`,
    isSame(told, newest),
  )
  // A day that agreed before the line was cut is not asked about again.
  await daysAgree(cast, first, 4, new Date(0))
}

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1_000)} kB`

const soldOn = ({ tills }: StormStore, businessDay: string): number =>
  tills.reduce((sum, { zReports }) => sum + (zReports.get(businessDay)?.transactionCount ?? 0), 0)

/** As they were compared after this moment; asked for again while the hub is still counting what arrived. */
export const daysAgree = async ({ centre, teller, daysAgo }: Cast, store: StormStore, days: number, since: Date): Promise<void> => {
  const expected = [5, 4, 3, 2, 1, 0].slice(0, days).map((ago) => businessDayOf(daysAgo(ago)))
  const fresh = async () => (await comparisons(centre, store.storeId)).filter(({ comparedAt }) => Date.parse(comparedAt) >= since.getTime())
  const agree = await becomesTrue(async () => {
    await askToCompare(centre, store.storeId)
    const found = await fresh()
    const agrees = (day: string) =>
      found.some(({ businessDay, outcome, count }) => businessDay === day && outcome === 'agrees' && count === soldOn(store, day))
    return expected.every(agrees)
  })
  const shown = (await fresh()).map(({ businessDay, outcome, count }) => `${businessDay} ${count} ${outcome}`).reverse()
  teller.claim(`compared day by day with ${store.name}: ${shown.join(' · ')}`, agree)
}
