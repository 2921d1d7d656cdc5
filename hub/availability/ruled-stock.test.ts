import { anyRule } from '#test/fixtures/availability-rules.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableToSell } from '../stock/available.ts'
import { usualPolicy } from '../stock/confidence.ts'
import { explainAvailability } from '../stock/explain-availability.ts'
import type { Rule } from './rules/rule.ts'
import { type HeldStock, promisableMilli, ruledStock } from './ruled-stock.ts'

const nowMs = Date.UTC(2026, 10, 26, 14)
const rule = (change: Partial<Rule>): Rule => ({
  ...{ ruleId: 'r1', kind: 'safety-stock', measure: 'units', amount: 2_000, owner: 'Ann', reason: 'broken ones' },
  ...change,
})
const half = rule({ ruleId: 'half', kind: 'allocation', measure: 'percent', amount: 500_000, owner: 'Bert', reason: 'the shop sells too' })
const held: HeldStock = { unit: 'each', onHandMilli: 12_000, reservedMilli: 3_000, reservedByChannelMilli: 1_000 }

const store = { lastWordMs: nowMs, isConnected: true, pending: { records: 0 }, missingRecords: 0, feedLagMs: 0 }
const sure = { velocity: { milliPerHour: 0 }, lastCountMs: nowMs }
const why = (rules: Parameters<typeof ruledStock>[1], policy = usualPolicy, item = sure): string =>
  explainAvailability(availableToSell(ruledStock(held, rules), store, item, policy, nowMs).terms, { storeId: 'S1', timeZone: 'UTC' })

describe('stock under rules', () => {
  it('[AVL11] safety stock in units or percent of on hand; a share is of what is beyond it, and what the channel holds is part of it', () => {
    expect(ruledStock(held, { safety: rule({}) })).toMatchObject({ safetyMilli: 2_000 })
    expect(ruledStock(held, { safety: rule({ measure: 'percent', amount: 200_000 }) })).toMatchObject({ safetyMilli: 3_000 })
    expect(ruledStock({ ...held, unit: 'kilogram' }, { safety: rule({ measure: 'percent', amount: 200_000 }) }).safetyMilli).toBe(2_400)
    expect(ruledStock(held, { safety: rule({}), allocation: half }).allocationMilli).toBe(4_000)
    expect(ruledStock(held, { allocation: rule({ kind: 'allocation', amount: 500 }) }).allocationMilli).toBe(0)
    expect(ruledStock({ ...held, onHandMilli: -5_000 }, { safety: rule({ measure: 'percent' }), allocation: half })).toMatchObject({
      safetyMilli: 0,
      allocationMilli: 0,
    })
  })

  it('[AVL11] the answer to why names the rule, its owner and the reason', () => {
    expect(why({ safety: rule({}), allocation: half })).toBe(
      '12 on hand; 3 reserved; 2 kept as safety stock (rule r1 of Ann: broken ones); at most 5 for this channel, 1 of it reserved already (rule half of Bert: the shop sells too); 4 offered.',
    )
    expect(why({ allocation: rule({ kind: 'allocation', measure: 'closed', amount: 0, reason: 'shop only' }) })).toBe(
      '12 on hand; 3 reserved; closed for this channel (rule r1 of Ann: shop only); 0 offered.',
    )
    const service = rule({ ruleId: 'gifts', reason: 'before Christmas' })
    expect(why({}, { ...usualPolicy, servicePpm: 995_000, by: service }, { ...sure, velocity: { milliPerHour: 1_000 } })).toMatch(
      /1 an hour: 4 held back; to be there with 99.5 % \(rule gifts of Ann: before Christmas\); 5 offered\.$/,
    )
  })

  it('[AVL11] whatever the rules, no more is promised than is free, and what the channel holds and may promise never exceeds its limit', () => {
    const amounts = fc.integer({ min: 0, max: 50_000 })
    fc.assert(
      fc.property(anyRule, anyRule, amounts, amounts, amounts, (safety, allocation, onHandMilli, others, reservedByChannelMilli) => {
        const reservedMilli = others + reservedByChannelMilli
        const stock = ruledStock({ unit: 'each', onHandMilli, reservedMilli, reservedByChannelMilli }, { safety, allocation })
        const promised = promisableMilli(stock, 0)
        expect(promised).toBeLessThanOrEqual(Math.max(0, onHandMilli - reservedMilli))
        const limit = Math.max(reservedByChannelMilli, stock.allocation?.limitMilli ?? Infinity)
        expect(promised + reservedByChannelMilli).toBeLessThanOrEqual(limit)
      }),
    )
  })
})
