import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableToSell, type StockFigures } from './available.ts'
import { type ItemKnowledge, type StoreKnowledge, usualPolicy } from './confidence.ts'

const hourMs = 3_600_000
const nowMs = Date.UTC(2026, 10, 26, 14)

const stock: StockFigures = { unit: 'each', onHandMilli: 12_000, reservedMilli: 2_000, safetyMilli: 0 }
const fresh: StoreKnowledge = { lastWordMs: nowMs, isConnected: true, pending: { records: 0 }, missingRecords: 0, feedLagMs: 0 }
const bare: ItemKnowledge = { velocity: { milliPerHour: 1_500 }, lastCountMs: nowMs }
const item: ItemKnowledge = { ...bare, unitsPerRecordMicro: 50_000 }
/** No order is taken on it: what staleness alone does. */
const policy = { ...usualPolicy, servicePpm: 990_000, channelLagMs: 0, pickMs: 0 }

const offer = (change: Partial<StoreKnowledge> = {}, ofItem: Partial<ItemKnowledge> = {}) =>
  availableToSell(stock, { ...fresh, ...change }, { ...item, ...ofItem }, policy, nowMs)

/** What a record holds of the item is not known. */
const offerBare = (change: Partial<StoreKnowledge>) => availableToSell(stock, { ...fresh, ...change }, bare, policy, nowMs)

const milli = (max: number) => fc.integer({ min: 0, max })
const anyStock: fc.Arbitrary<StockFigures> = fc.record(
  {
    unit: fc.constantFrom('each', 'kilogram'),
    onHandMilli: fc.integer({ min: -20_000, max: 60_000 }),
    reservedMilli: milli(20_000),
    safetyMilli: milli(10_000),
    allocationMilli: milli(40_000),
  },
  { requiredKeys: ['unit', 'onHandMilli', 'reservedMilli', 'safetyMilli'] },
)
const ago = milli(20 * hourMs).map((ms) => nowMs - ms)
const anyStore: fc.Arbitrary<StoreKnowledge> = fc.record({
  lastWordMs: ago,
  isConnected: fc.boolean(),
  pending: fc.record({ records: milli(50), oldestCapturedMs: ago }),
  missingRecords: milli(20),
  feedLagMs: milli(50 * hourMs),
  clock: fc.record({ offsetMs: fc.integer({ min: -hourMs, max: hourMs }), uncertaintyMs: milli(60_000) }),
})
const anyItem: fc.Arbitrary<ItemKnowledge> = fc.record(
  {
    velocity: fc.record({ milliPerHour: milli(6_000) }),
    unitsPerRecordMicro: milli(200_000),
    lastCountMs: fc.option(milli(90 * 24 * hourMs).map((ms) => nowMs - ms)),
  },
  { requiredKeys: ['velocity', 'lastCountMs'] },
)

describe('available to sell', () => {
  it('[AVL1] a fresh word and a fresh count: on hand less what is reserved, less safety stock, at most the allocation', () => {
    expect(offer()).toMatchObject({ availableMilli: 10_000, withheldMilli: 0, confidencePpm: 1_000_000 })
    const guarded = availableToSell({ ...stock, safetyMilli: 3_000, allocationMilli: 4_000 }, fresh, item, policy, nowMs)
    expect(guarded.availableMilli).toBe(4_000)
    expect(availableToSell({ ...stock, safetyMilli: 7_000, allocationMilli: 4_000 }, fresh, item, policy, nowMs).availableMilli).toBe(3_000)
  })

  it('[AVL2] confidence is the probability that what goes unseen leaves what is reserved and offered', () => {
    // three units are expected unseen, in bursts of 1.3: at most 9 of them with 99.5135 %, none with 7.2538 %
    const silent = availableToSell(stock, { ...fresh, isConnected: false, lastWordMs: nowMs - 2 * hourMs }, item, policy, nowMs)
    expect(silent).toMatchObject({ availableMilli: 1_000, withheldMilli: 9_000, confidencePpm: 995_135, bookConfidencePpm: 72_538 })
  })

  it('[AVL1] pieces are offered whole, weight to the gram', () => {
    expect(availableToSell({ ...stock, onHandMilli: 12_700 }, fresh, item, policy, nowMs).availableMilli).toBe(10_000)
    expect(availableToSell({ ...stock, unit: 'kilogram', onHandMilli: 12_701 }, fresh, item, policy, nowMs).availableMilli).toBe(10_701)
  })

  it('[AVL1] more promised than there is offers nothing and says that it is not sure', () => {
    const short = availableToSell({ ...stock, onHandMilli: 1_000 }, fresh, item, policy, nowMs)
    expect(short).toMatchObject({ availableMilli: 0, withheldMilli: 0, confidencePpm: 0, bookConfidencePpm: 0 })
  })

  it('[AVL2] each thing the hub does not know holds something back', () => {
    const silent = { lastWordMs: nowMs - 2 * hourMs, isConnected: false }
    const held = {
      silence: offer(silent),
      pending: offer({ pending: { records: 40 } }),
      pendingByAge: offerBare({ pending: { records: 40, oldestCapturedMs: nowMs - hourMs } }),
      gap: offer({ missingRecords: 30 }),
      feedLag: offer({ feedLagMs: 24 * hourMs }),
      drift: offer({}, { lastCountMs: nowMs - 5 * 24 * hourMs }),
      driftOfSold: offer({}, { lastCountMs: nowMs - 24 * hourMs, soldSinceCountMilli: 200_000 }),
      never: offer({ lastWordMs: null, isConnected: false }),
    }
    const units = Object.fromEntries(Object.entries(held).map(([cause, { withheldMilli }]) => [cause, withheldMilli / 1_000]))
    expect(units).toEqual({ silence: 9, pending: 7, pendingByAge: 6, gap: 6, feedLag: 6, drift: 8, driftOfSold: 9, never: 10 })
  })

  it('[AVL2] a store whose clock is behind has had its oldest record for less long than it says', () => {
    const pending = { records: 40, oldestCapturedMs: nowMs - 3 * hourMs }
    const unitsAt = (offsetMs: number, uncertaintyMs: number) =>
      offerBare({ pending, clock: { offsetMs, uncertaintyMs } }).withheldMilli / 1_000
    expect([unitsAt(0, 0), unitsAt(-2 * hourMs, 0), unitsAt(-2 * hourMs, hourMs)]).toEqual([10, 6, 9])
  })

  it('[AVL2] an open line bounds silence by the time it takes to notice a dead one', () => {
    expect(offer({ lastWordMs: nowMs - 6 * hourMs, isConnected: true }).withheldMilli).toBe(1_000)
    expect(offer({ lastWordMs: nowMs - 6 * hourMs, isConnected: false }).withheldMilli).toBe(10_000)
  })

  it('[AVL1] is never below nothing nor above on hand minus reserved, and its figures are whole thousandths', () => {
    fc.assert(
      fc.property(anyStock, anyStore, anyItem, (figures, store, ofItem) => {
        const { availableMilli, withheldMilli, confidencePpm, bookConfidencePpm } = availableToSell(
          figures,
          store,
          ofItem,
          usualPolicy,
          nowMs,
        )
        const room = Math.max(0, figures.onHandMilli - figures.reservedMilli)
        expect(availableMilli).toBeLessThanOrEqual(Math.max(0, room - figures.safetyMilli - withheldMilli))
        expect(availableMilli).toBeLessThanOrEqual(figures.allocationMilli ?? room)
        for (const figure of [availableMilli, withheldMilli, confidencePpm, bookConfidencePpm]) {
          expect(Number.isSafeInteger(figure) && figure >= 0).toBe(true)
        }
        if (figures.unit === 'each') expect(availableMilli % 1_000).toBe(0)
      }),
    )
  })

  it('[AVL2] whatever is offered is there with the probability of the service level', () => {
    fc.assert(
      fc.property(anyStock, anyStore, anyItem, fc.integer({ min: 500_000, max: 999_900 }), (figures, store, ofItem, servicePpm) => {
        const { availableMilli, confidencePpm } = availableToSell(figures, store, ofItem, { ...usualPolicy, servicePpm }, nowMs)
        if (availableMilli > 0) expect(confidencePpm).toBeGreaterThanOrEqual(servicePpm)
      }),
    )
  })

  it('[AVL3] the longer nothing is heard, the less is offered and the less sure are the books', () => {
    fc.assert(
      fc.property(anyStock, anyStore, anyItem, milli(30 * hourMs), (figures, store, ofItem, longer) => {
        const sooner = availableToSell(figures, store, ofItem, usualPolicy, nowMs)
        const later = availableToSell(figures, store, ofItem, usualPolicy, nowMs + longer)
        expect(later.availableMilli).toBeLessThanOrEqual(sooner.availableMilli)
        expect(later.bookConfidencePpm).toBeLessThanOrEqual(sooner.bookConfidencePpm)
      }),
    )
  })

  it('[AVL3] also where hours differ and shops close: a picker of the quiet evening does not make up for the silence before', () => {
    const minuteMs = 60_000
    const week = fc.array(fc.constantFrom(0, 200_000, 1_000_000, 4_000_000), { minLength: 168, maxLength: 168 })
    fc.assert(
      fc.property(week, milli(1_000), milli(180), milli(180), milli(60), (hourOfWeekPpm, milliPerHour, silentMinutes, since, minutes) => {
        const silent = { ...fresh, isConnected: false, lastWordMs: nowMs - silentMinutes * minuteMs }
        const known = { ...item, velocity: { milliPerHour, hourOfWeekPpm } }
        const soonerMs = nowMs + since * minuteMs
        const sooner = availableToSell(stock, silent, known, usualPolicy, soonerMs)
        const later = availableToSell(stock, silent, known, usualPolicy, soonerMs + minutes * minuteMs)
        // a millionth of a unit may be rounded away in each of the terms
        expect(later.bookConfidencePpm).toBeLessThanOrEqual(sooner.bookConfidencePpm + 3)
        expect(later.availableMilli).toBeLessThanOrEqual(sooner.availableMilli)
      }),
    )
  })

  it('[AVL3] a figure that stays as it is gets less sure with every hour', () => {
    const small: StockFigures = { ...stock, allocationMilli: 1_000 }
    const sure = [0, 1, 2, 3].map((hours) => {
      const store = { ...fresh, isConnected: false, lastWordMs: nowMs - hours * hourMs }
      return availableToSell(small, store, item, policy, nowMs)
    })
    expect(sure.map(({ availableMilli }) => availableMilli)).toEqual([1_000, 1_000, 1_000, 0])
    const [now = 0, afterOne = 0, afterTwo = 0] = sure.map(({ confidencePpm }) => confidencePpm)
    expect(now > afterOne && afterOne > afterTwo && afterTwo >= policy.servicePpm).toBe(true)
  })

  it('[AVL3] recovers exactly: after the store has reported again nothing remains of its absence', () => {
    fc.assert(
      fc.property(anyStock, anyStore, anyItem, (figures, away, ofItem) => {
        const before = availableToSell(figures, fresh, ofItem, usualPolicy, nowMs)
        availableToSell(figures, away, ofItem, usualPolicy, nowMs)
        const back: StoreKnowledge = { ...away, ...fresh }
        expect(availableToSell(figures, back, ofItem, usualPolicy, nowMs)).toEqual(before)
      }),
    )
  })
})
