import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import { type OverrideRule, ruleFor, type RuleTable, tableFlaws, winners } from './rule-table.ts'

const store = storeIdSchema.parse('S1')
const rule = (winner: OverrideRule['winner'], place: Partial<OverrideRule> = {}): OverrideRule => ({
  ...{ field: 'price', winner, owner: 'pricing', reason: 'agreed' },
  ...place,
})
const groups = [{ group: 'fresh', storeIds: [store] }]

describe('the rules of who wins', () => {
  it('[MRG42] the store’s own rule counts before its group’s, that before everybody’s; without any a person decides', () => {
    const all = [rule('person'), rule('centre', { group: 'fresh' }), rule('store', { storeId: store })]
    expect(ruleFor({ groups, rules: all }, 'price', 'S1').winner).toBe('store')
    expect(ruleFor({ groups, rules: all.slice(0, 2) }, 'price', 'S1').winner).toBe('centre')
    expect(ruleFor({ groups, rules: all.slice(1) }, 'price', 'S2').winner).toBe('person')
    expect(ruleFor({ groups, rules: all }, 'stock', 'S1').winner).toBe('person')
  })

  it('[MRG42] two rules for one place, two groups with a rule for one store, and unknown names contradict', () => {
    const stores = new Set(['S1'])
    expect(tableFlaws({ groups, rules: [rule('store'), rule('centre')] }, stores)).toEqual([
      'There are two rules for the price of all stores.',
    ])
    const twice = {
      groups: [...groups, { group: 'big', storeIds: [store] }],
      rules: [rule('store', { group: 'fresh' }), rule('centre', { group: 'big' })],
    }
    expect(tableFlaws(twice, stores)).toEqual(['Store S1 is in two groups that have a rule for price.'])
    expect(tableFlaws({ groups: [], rules: [rule('store', { group: 'x' })] }, stores)).toEqual(['There is no group x.'])
    expect(tableFlaws({ groups, rules: [] }, new Set())).toEqual(['There is no store S1.'])
  })

  it('[MRG42] in a table without flaws the order of the rules changes nothing', () => {
    const stores = ['S1', 'S2', 'S3'].map((id) => storeIdSchema.parse(id))
    const anyRule = fc.record({
      winner: fc.constantFrom(...winners),
      field: fc.constantFrom('price' as const, 'stock' as const),
      at: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 8 }), fc.array(fc.subarray(stores), { minLength: 2, maxLength: 2 }), (drawn, members) => {
        const place = (n: number) => (n < 3 ? { storeId: stores[n] as (typeof stores)[number] } : n < 5 ? { group: `g${n - 3}` } : {})
        const table: RuleTable = {
          groups: members.map((storeIds, n) => ({ group: `g${n}`, storeIds })),
          rules: drawn.map(({ winner, field, at }) => rule(winner, { field, ...place(at) })),
        }
        if (tableFlaws(table, new Set(stores)).length > 0) return
        const turned = { groups: table.groups.toReversed(), rules: table.rules.toReversed() }
        for (const id of stores)
          for (const field of ['price', 'stock'] as const) expect(ruleFor(turned, field, id)).toEqual(ruleFor(table, field, id))
      }),
    )
  })
})
