import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyQuestion, anyRule } from '#test/fixtures/availability-rules.ts'
import type { Rule } from './rule.ts'
import { appliesTo, bookOf, compareRules, ruleFor, type RuleQuestion } from './rule-order.ts'

/** Of one kind, and many: so that several apply. */
const rules = fc.uniqueArray(
  anyRule.map((rule): Rule => ({ ...rule, kind: 'safety-stock' })),
  { selector: (rule) => rule.ruleId, maxLength: 60, size: 'max' },
)

const base: Rule = { ruleId: 'R', kind: 'safety-stock', measure: 'units', amount: 1_000, owner: 'Ann', reason: 'so it is' }
const question: RuleQuestion = { itemId: 'A', category: 'dairy', storeId: 'S1', channel: 'web', day: '2026-05-01' }

describe('which rule holds', () => {
  it('[AVL9] the order of rules is total: two rules are equal only where they are the same, and three never go in a circle', () => {
    fc.assert(
      fc.property(anyRule, anyRule, anyRule, (a, b, c) => {
        expect(Math.sign(compareRules(a, b))).toBe(0 - Math.sign(compareRules(b, a)))
        if (a.ruleId !== b.ruleId) expect(compareRules(a, b)).not.toBe(0)
        if (compareRules(a, b) < 0 && compareRules(b, c) < 0) expect(compareRules(a, c)).toBeLessThan(0)
      }),
    )
  })

  it('[AVL9] the rule that holds applies, is the first of all that do, and does not depend on the order in which they stand', () => {
    fc.assert(
      fc.property(
        rules.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        anyQuestion,
        ([all, shuffled], asked) => {
          const found = ruleFor(bookOf(all), 'safety-stock', asked)
          const applying = all.filter((rule) => appliesTo(rule, asked))
          expect(found).toEqual(applying.toSorted(compareRules)[0])
          expect(ruleFor(bookOf(shuffled), 'safety-stock', asked)).toEqual(found)
          expect(ruleFor(bookOf(all), 'allocation', asked)).toBeUndefined()
        },
      ),
    )
  })

  it('[AVL9] item before category, then store, then channel, then dates; a rule that names something else never holds', () => {
    const ascending: Rule[] = [
      base,
      { ...base, ruleId: 'from', from: '2026-01-01' },
      { ...base, ruleId: 'channel', channel: 'web' },
      { ...base, ruleId: 'store', storeId: 'S1' },
      { ...base, ruleId: 'category', category: 'dairy' },
      { ...base, ruleId: 'item', itemId: 'A' },
      { ...base, ruleId: 'dated', itemId: 'A', from: '2026-05-01', until: '2026-05-01' },
      { ...base, ruleId: 'item-store', itemId: 'A', storeId: 'S1' },
    ]
    for (const [n, { ruleId }] of ascending.entries())
      expect(ruleFor(bookOf(ascending.slice(0, n + 1)), 'safety-stock', question)?.ruleId).toBe(ruleId)
    const elsewhere = [
      { ...base, itemId: 'B' },
      { ...base, category: 'bread' },
      { ...base, storeId: 'S2' },
      { ...base, channel: 'market' },
      { ...base, until: '2026-04-30' },
      { ...base, from: '2026-05-02' },
    ]
    for (const rule of elsewhere) expect(ruleFor(bookOf([rule]), 'safety-stock', question)).toBeUndefined()
    expect(ruleFor(bookOf([{ ...base, channel: 'web' }]), 'safety-stock', { ...question, channel: undefined })).toBeUndefined()
  })
})
