import { describe, expect, it } from 'vitest'
import { availableToSell, type StockFigures } from './available.ts'
import { type ItemKnowledge, type StoreKnowledge, usualPolicy } from './confidence.ts'
import { durationWord, explainAvailability } from './explain-availability.ts'

const hourMs = 3_600_000
const nowMs = Date.UTC(2026, 10, 26, 14)
const place = { storeId: '17', timeZone: 'Europe/Vienna' }
const policy = { ...usualPolicy, servicePpm: 990_000, channelLagMs: 0, pickMs: 0 }

const uncounted: StockFigures = { unit: 'each', onHandMilli: 12_000, reservedMilli: 2_000, safetyMilli: 0 }
const stock: StockFigures = {
  ...uncounted,
  count: { atMs: nowMs - 48 * hourMs, countedMilli: 15_000, soldSinceMilli: 3_000, otherSinceMilli: 0 },
}
const store: StoreKnowledge = { lastWordMs: nowMs, isConnected: true, pending: { records: 0 }, missingRecords: 0, feedLagMs: 0 }
const item: ItemKnowledge = { velocity: { milliPerHour: 1_500 }, lastCountMs: nowMs }

const explain = (figures: StockFigures, change: Partial<StoreKnowledge>, ofItem: Partial<ItemKnowledge> = {}, rules = policy): string =>
  explainAvailability(availableToSell(figures, { ...store, ...change }, { ...item, ...ofItem }, rules, nowMs).terms, place)

describe('why a figure is what it is', () => {
  it('[AVL4] in the words of the shop', () => {
    expect(explain(stock, { lastWordMs: nowMs - 1.5 * hourMs, isConnected: false })).toBe(
      '12 on hand: 15 by the count of Tuesday 24 November, 3 sold since; 2 reserved; store 17 has not reported for 1.5 h and sells about 1.5 an hour: 7 held back; 3 offered.',
    )
    expect(explain(uncounted, {})).toBe('12 on hand; 2 reserved; 10 offered.')
  })

  it('[AVL4] every cause that weighs has its own words, the weightiest first', () => {
    const large = { ...uncounted, onHandMilli: 60_000, safetyMilli: 4_000, allocationMilli: 20_000 }
    const store17 = { pending: { records: 31 }, missingRecords: 1, feedLagMs: 24 * hourMs }
    const counted = { unitsPerRecordMicro: 100_000, lastCountMs: nowMs - 10 * 24 * hourMs }
    expect(explain(large, store17, counted, { ...policy, pickMs: hourMs / 2 })).toBe(
      '60 on hand; 2 reserved; 4 kept as safety stock; it was last counted 10 days ago; store 17 said that 31 of its records are still on the way; it has not had the newest item data for 24 h; an order is picked up to 30 min from now, and the shop sells about 1.5 an hour: 21 held back; at most 20 for this channel; 20 offered.',
    )
    expect(explain(uncounted, { missingRecords: 1 })).toContain('1 of its records is missing here: 5 held back')
  })

  it('[AVL4] weight is told with its unit, and what came in otherwise', () => {
    const cheese: StockFigures = {
      ...{ unit: 'kilogram', onHandMilli: 4_250, reservedMilli: 0, safetyMilli: 0 },
      count: { atMs: nowMs, countedMilli: 4_000, soldSinceMilli: 750, otherSinceMilli: 1_000 },
    }
    expect(explain(cheese, {})).toBe(
      '4.25 kg on hand: 4 kg by the count of Thursday 26 November, 0.75 kg sold since, 1 kg in since; 4.25 kg offered.',
    )
  })

  it('[AVL4] the figures said are the terms: on hand less all that is taken off is what is offered', () => {
    const { terms } = availableToSell(stock, { ...store, lastWordMs: nowMs - hourMs, isConnected: false }, item, policy, nowMs)
    const milli = (kind: string): number => terms.flatMap((term) => (term.kind === kind && 'milli' in term ? term.milli : []))[0] ?? 0
    expect(milli('on-hand') - milli('reserved') - milli('safety') - milli('withheld')).toBe(milli('offered'))
  })

  it('[AVL4] times as one would say them', () => {
    expect([800, 45_000, 32 * 60_000, 2.53 * hourMs, 26 * 24 * hourMs].map(durationWord)).toEqual([
      '1 s',
      '45 s',
      '32 min',
      '2.5 h',
      '26 days',
    ])
  })
})
