/** Random histories of stated prices: what a store's documents come to is what was stated, from each planning on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Price, priceSchema } from '#sync/contract/catalogue.ts'
import { toInstant } from '#sync/core/instant.ts'
import { priceInForce } from '#sync/core/price-in-force.ts'
import { planPrices, type StoreDocument } from './price-plan.ts'
import { type HeldPrice, overlapOf, type PriceLevel, priceLevels, type Span, statedPriceAt } from './stated-price.ts'
import { isMove, type Membership, planMove, zoneAt } from './zone-membership.ts'

const minute = 60_000
const start = Date.UTC(2026, 0, 1)
const at = (n: number): number => start + n * minute
const horizon = 24

interface Stated {
  priceId: string
  version: number
  level: PriceLevel
  zoneId: string | null
  amountMinor: number
  span: Span
}

const applyMove = (memberships: readonly Membership[], zoneId: string | null, fromMs: number): Membership[] => {
  const move = planMove(memberships, zoneId, fromMs)
  const kept = memberships
    .filter(({ memberId }) => !move.voided.includes(memberId))
    .map((each) => {
      if (each.memberId === move.ended?.memberId) return { ...each, span: { ...each.span, toMs: move.ended.atMs } }
      return each.memberId === move.prolonged ? { ...each, span: { ...each.span, toMs: null } } : each
    })
  const memberId = Math.max(0, ...memberships.map((each) => each.memberId)) + 1
  return move.joined ? [...kept, { memberId, zoneId: move.joined.zoneId, span: { fromMs: move.joined.fromMs, toMs: null } }] : kept
}

const heldOf = (stated: readonly Stated[], memberships: readonly Membership[]): HeldPrice[] =>
  stated.flatMap(({ zoneId, span, ...price }) =>
    (zoneId === null ? [span] : memberships.filter((m) => m.zoneId === zoneId).flatMap((m) => overlapOf(span, m.span) ?? [])).map(
      (held) => ({ ...price, beginsMs: span.fromMs, span: held }),
    ),
  )

type Step =
  | { kind: 'state'; level: PriceLevel; zone: string; from: number; lasts: number | null; amount: number }
  | { kind: 'correct'; which: number; amount: number; lasts: number | null }
  | { kind: 'withdraw'; which: number }
  | { kind: 'move'; zone: string | null; after: number }

const zone = fc.constantFrom('Z1', 'Z2')
const lasts = fc.option(fc.integer({ min: 1, max: 8 }))
const amount = fc.integer({ min: 1, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('state' as const),
      level: fc.constantFrom(...priceLevels),
      zone,
      from: fc.integer({ min: -3, max: 8 }),
      lasts,
      amount,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('correct' as const), which: fc.nat(20), amount, lasts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), zone: fc.option(zone), after: fc.integer({ min: 0, max: 5 }) }) },
)

const take = (stated: readonly Stated[], one: Exclude<Step, { kind: 'move' }>, n: number, nowMs: number): Stated[] => {
  if (one.kind === 'state') {
    const fromMs = nowMs + one.from * minute
    const span = { fromMs, toMs: one.lasts === null ? null : fromMs + one.lasts * minute }
    const zoneId = one.level === 'zone' ? one.zone : null
    return [...stated, { priceId: `p${n}`, version: 1, level: one.level, zoneId, amountMinor: one.amount, span }]
  }
  const index = stated.length === 0 ? -1 : one.which % stated.length
  return stated.flatMap((price, i) => {
    if (i !== index) return [price]
    if (one.kind === 'withdraw') return []
    const toMs = one.lasts === null ? null : Math.max(price.span.fromMs, nowMs) + one.lasts * minute
    return [{ ...price, version: price.version + 1, amountMinor: one.amount, span: { ...price.span, toMs } }]
  })
}

const documentOf = (priceId: string, { span, of }: { span: Span; of: HeldPrice }): StoreDocument => ({
  price: priceSchema.parse({
    ...{ priceId, itemId: 'I', storeId: 'S', amountMinor: of.amountMinor, currency: 'EUR', effectiveFrom: toInstant(span.fromMs) },
    ...(span.toMs === null ? {} : { effectiveTo: toInstant(span.toMs) }),
  }),
  madeOf: of.level === 'chain' ? null : { priceId: of.priceId, version: of.version },
})

describe('prices of a store', () => {
  it('[PRC8] at every moment a store’s documents come to what was stated: its own before its zone’s before the chain’s', () => {
    let [came, left] = [0, 0]
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
        let stated: Stated[] = []
        let memberships: Membership[] = []
        let documents: StoreDocument[] = []
        for (const [n, one] of steps.entries()) {
          const nowMs = at(n)
          if (one.kind === 'move') memberships = applyMove(memberships, one.zone, nowMs + one.after * minute)
          else stated = take(stated, one, n, nowMs)
          const held = heldOf(stated, memberships)
          const plan = planPrices(held, documents, nowMs)
          documents = documents.filter(({ price }) => !plan.leave.includes(price.priceId))
          documents.push(...plan.come.map((each, index) => documentOf(`d${String(n).padStart(3, '0')}-${index}`, each)))
          came += plan.come.length
          left += plan.leave.length
          const prices = documents.map(({ price }) => price)
          for (let m = n; m < n + horizon; m += 0.5)
            expect(priceInForce(prices, toInstant(at(m)))?.amountMinor, `minute ${m} after step ${n}`).toBe(
              statedPriceAt(held, at(m))?.amountMinor,
            )
          expect(planPrices(held, documents, nowMs)).toEqual({ leave: [], come: [] })
          expect(planPrices(held, documents, nowMs + minute / 2)).toEqual({ leave: [], come: [] })
        }
      }),
      { numRuns: 200 },
    )
    expect(Math.min(came, left)).toBeGreaterThan(100)
  })

  const chain = (amountMinor: number, n: number): HeldPrice => ({
    ...{ priceId: `c${n}`, version: 1, level: 'chain', amountMinor, beginsMs: at(n), span: { fromMs: at(n), toMs: null } },
  })
  const promotion: HeldPrice = { ...chain(80, 10), priceId: 'promo', level: 'zone', span: { fromMs: at(10), toMs: at(20) } }
  const inForce = (prices: readonly Price[], n: number) => priceInForce(prices, toInstant(at(n)))?.amountMinor

  it('[PRC8] a promotion is one document, and a new price of the chain meanwhile is one that waits behind it', () => {
    const regular = documentOf('d0', { of: chain(100, 0), span: chain(100, 0).span })
    const first = planPrices([chain(100, 0), promotion], [regular], at(5))
    expect(first).toEqual({ leave: [], come: [{ of: promotion, span: promotion.span }] })
    const documents = [regular, documentOf('d1', { of: promotion, span: promotion.span })]
    const second = planPrices([chain(100, 0), chain(110, 15), promotion], documents, at(15))
    expect(second).toEqual({ leave: [], come: [{ of: chain(110, 15), span: { fromMs: at(20), toMs: null } }] })
    const third = planPrices([chain(100, 0), chain(110, 6), promotion], documents, at(6))
    expect(third.come).toEqual([{ of: chain(110, 6), span: { fromMs: at(6), toMs: null } }])
    const all = [...documents, documentOf('d2', { of: chain(110, 6), span: { fromMs: at(6), toMs: null } })].map(({ price }) => price)
    expect([5, 6, 10, 20].map((n) => inForce(all, n))).toEqual([100, 110, 80, 110])
  })

  it('[PRC9] what was withdrawn leaves, also where it has begun and another amount is the same', () => {
    const documents = [
      documentOf('d0', { of: chain(100, 0), span: chain(100, 0).span }),
      documentOf('d1', { of: promotion, span: promotion.span }),
    ]
    expect(planPrices([chain(100, 0)], documents, at(12))).toEqual({ leave: ['d1'], come: [] })
    expect(planPrices([], documents, at(12))).toEqual({ leave: ['d0', 'd1'], come: [] })
  })
})

describe('zones of a store', () => {
  it('[PRC10] a store is in one zone at a time, moves when it was said, and what was before a move is not rewritten', () => {
    const move = fc.record({ zone: fc.option(zone), after: fc.integer({ min: 0, max: 6 }) })
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 12 }), (moves) => {
        let memberships: Membership[] = []
        for (const [n, one] of moves.entries()) {
          const before = memberships
          const fromMs = at(n + one.after)
          memberships = applyMove(before, one.zone, fromMs)
          for (let m = 0; m < n + horizon; m += 0.5) {
            const zones = memberships.filter(({ span }) => span.fromMs <= at(m) && (span.toMs === null || at(m) < span.toMs))
            expect(zones.length).toBeLessThanOrEqual(1)
            expect(zoneAt(memberships, at(m))).toBe(at(m) < fromMs ? zoneAt(before, at(m)) : one.zone)
          }
          expect(isMove(planMove(memberships, one.zone, fromMs))).toBe(false)
        }
      }),
    )
  })
})
