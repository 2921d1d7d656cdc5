import { anyQuestion, anyRule } from '#test/fixtures/availability-rules.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRules, findOverlaps, type RuleImport } from './rule-check.ts'
import { readRuleCsv, writeRuleCsv } from './rule-csv.ts'
import type { Rule } from './rule.ts'
import { appliesTo, specificityOf } from './rule-order.ts'

const facts = { storeIds: new Set(['S1', 'S2']), itemIds: new Set(['A', 'B']), categories: new Set(['dairy', 'bread']) }
const rule = (ruleId: string, change: Partial<Rule> = {}): Rule => ({
  ...{ ruleId, kind: 'safety-stock', measure: 'units', amount: 2_000, owner: 'Ann', reason: 'so it is' },
  ...change,
})
const check = (rules: readonly Rule[], change: Partial<RuleImport> = {}) =>
  checkRules({ rows: rules.map((row, n) => ({ line: n + 2, row })), inForce: [], facts, mode: 'add', takeOver: false, ...change })
const reasonsOf = (rules: readonly Rule[], change: Partial<RuleImport> = {}) => check(rules, change).lines.map(({ reason }) => reason)

describe('the check of rules before they take effect', () => {
  it('[AVL10] of rules that pass, never two that apply to one question are equal in what they name', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyRule, { selector: (r) => r.ruleId, maxLength: 40 }), anyQuestion, (rules, question) => {
        const { lines } = check(rules)
        const passed = rules.filter((_, n) => lines[n]?.outcome === 'accepted')
        expect(findOverlaps(passed)).toEqual([])
        const levels = passed.filter((each) => appliesTo(each, question)).map((each) => `${each.kind} ${specificityOf(each).join(' ')}`)
        expect(new Set(levels).size).toBe(levels.length)
      }),
    )
  })

  it('[AVL10] overlapping dates of rules that name the same are refused at their lines; what dates make more specific is not', () => {
    const may = { from: '2026-05-01', until: '2026-05-31' }
    const [first, second] = [rule('may', may), rule('late-may', { from: '2026-05-20', until: '2026-06-10' })]
    const words =
      'may (line 2, from 2026-05-01 until 2026-05-31) and late-may (line 3, from 2026-05-20 until 2026-06-10) name the same and have days in common: end one before the other begins.'
    expect(reasonsOf([first, second])).toEqual([words, words])
    expect(reasonsOf([second], { inForce: [first] })[0]).toContain('may (in force, from 2026-05-01 until 2026-05-31) and late-may (line 2')
    expect(reasonsOf([rule('usual'), first, rule('june', { from: '2026-06-01', until: '2026-06-30' })])).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(check([second], { inForce: [first], mode: 'replace' })).toMatchObject({ refused: 0, rules: [{ ruleId: 'late-may' }] })
  })

  it('[AVL10] stores, items and categories that are not there, names given twice and rules of another owner are refused; the same again is unchanged', () => {
    expect(
      reasonsOf([rule('s', { storeId: 'S9' }), rule('i', { itemId: 'X' }), rule('c', { category: 'dary' }), rule('s', { storeId: 'S1' })]),
    ).toEqual([
      'There is no store S9.',
      'There is no item X in the catalogue.',
      'No item is in the category “dary”.',
      'The rule s stands in line 2 already.',
    ])
    const inForce = [rule('r', { owner: 'Bert' })]
    expect(reasonsOf([rule('r')], { inForce })).toEqual(['The rule r belongs to Bert; Ann may change it only by taking it over.'])
    expect(check([rule('r')], { inForce, takeOver: true })).toMatchObject({ refused: 0, lines: [{ outcome: 'accepted' }] })
    expect(check(inForce, { inForce }).lines).toEqual([{ line: 2, outcome: 'unchanged' }])
  })
})

describe('rules as CSV', () => {
  it('[AVL10] what is written is read as it was', () => {
    fc.assert(
      fc.property(fc.array(anyRule), fc.string({ minLength: 1, maxLength: 20 }), (rules, text) => {
        const reason = text.trim() === '' ? 'none' : text.trim()
        const written = rules.map((each) => ({ ...each, reason }))
        expect(readRuleCsv(writeRuleCsv(written))).toEqual({ outcome: 'rows', rows: written.map((row, n) => ({ line: n + 2, row })) })
      }),
    )
  })

  it('[AVL10] amounts are units or percent as people write them, and every other line says what is wrong with it', () => {
    const head = 'rule,kind,category,channel,measure,amount,owner,reason'
    const read = readRuleCsv(
      [
        head,
        'a,safety-stock,dairy,,units,"1,5",Ann,why',
        'b,allocation,,web,percent,33.3333,Ann,why',
        'c,allocation,,web,closed,,Ann,why',
        'd,safety-stock,,,closed,,Ann,why',
        'e,safety-stock,,,units,-1,Ann,why',
        'f,allocation,,web,percent,101,Ann,why',
        'g,service-level,,web,percent,99.5,Ann,',
        'h,allocation,,store,percent,50,Ann,why',
      ].join('\n'),
    )
    const rows = read.outcome === 'rows' ? read.rows : []
    expect(rows.map((row) => ('row' in row ? [row.row.measure, row.row.amount] : row.refused))).toEqual([
      ['units', 1_500],
      ['percent', 333_333],
      ['closed', 0],
      'this kind of rule is not measured so.',
      'Column amount: “-1” is no number of units with at most 3 decimals.',
      'more than 100 percent.',
      'Column reason: is empty.',
      'the channel “store” is the shop itself: no rule holds for it.',
    ])
  })
})
