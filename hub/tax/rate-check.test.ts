import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlap, percentOf, readPercent, type TaxRate, taxOn } from './rate.ts'
import { checkTaxRates, readTaxRateCsv, writeTaxRateCsv } from './rate-check.ts'

const rate = (change: Partial<TaxRate> = {}): TaxRate => ({
  jurisdiction: 'SE',
  category: 'standard',
  rateMicro: 250_000,
  effectiveFrom: '2020-01-01',
  effectiveTo: null,
  ...change,
})
const check = (rates: TaxRate[], inForce: TaxRate[] = [], mode: 'add' | 'replace' = 'add') =>
  checkTaxRates(
    rates.map((each, index) => ({ line: index + 2, row: each })),
    inForce,
    mode,
  )

const anyDay = fc.integer({ min: 1, max: 28 }).map((day) => `2026-01-${String(day).padStart(2, '0')}`)
const anyRate = fc.record({
  jurisdiction: fc.constantFrom('SE', 'FI'),
  category: fc.constantFrom('standard', 'reduced'),
  rateMicro: fc.constantFrom(0, 60_000, 250_000),
  effectiveFrom: anyDay,
  effectiveTo: fc.option(anyDay, { nil: null }),
})

describe('tax rates', () => {
  it('[IDN11] a second rate in force on the same day is refused with the day and both rates, whether in the import or in the master', () => {
    const next = rate({ rateMicro: 240_000, effectiveFrom: '2027-01-01' })
    const both = check([rate(), next])
    expect(both.lines.map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    expect(both.lines[0]?.reason).toBe(
      '“standard” in SE is 25 % from 2020-01-01 on, and 24 % from 2027-01-01 on (line 3): on 2027-01-01 both would be in force. Give one of them an end, in this import.',
    )
    expect(check([next], [rate()]).lines[0]).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('(the master)') })
    const ended = check([rate({ effectiveTo: '2026-12-31' }), next], [rate()])
    expect(ended).toMatchObject({ refused: 0, rates: [{ effectiveTo: '2026-12-31' }, { rateMicro: 240_000 }] })
    expect(check([rate()], [rate()]).lines).toEqual([{ line: 2, outcome: 'unchanged' }])
  })

  it('[IDN11] an end before the beginning, a percentage that is none and a broken quote are refused by line', () => {
    const read = readTaxRateCsv(
      'jurisdiction;category;percent;effective_from;effective_to\nSE;standard;25,5 %;2020-01-01;2019-01-01\nSE;food;12.12345;2020-01-01;\nse;food;12;2020-01-01;\nSE;"food;12;2020-01-01;\n',
    )
    if (read.outcome === 'refused') return expect.unreachable(read.reason)
    expect(checkTaxRates(read.rows, [], 'add').lines).toEqual([
      { line: 2, outcome: 'refused', reason: 'It ends on 2019-01-01, before it begins on 2020-01-01.' },
      { line: 3, outcome: 'refused', reason: expect.stringContaining('“12.12345” is no percentage') },
      { line: 4, outcome: 'refused', reason: expect.stringContaining('Column jurisdiction') },
      { line: 5, outcome: 'refused', reason: expect.stringContaining('quote') },
    ])
  })

  it('[IDN11] what is accepted never contradicts itself, and which lines are refused does not depend on their order', () => {
    fc.assert(
      fc.property(
        fc.array(anyRate, { maxLength: 8 }),
        fc.array(anyRate, { maxLength: 8 }),
        fc.constantFrom('add', 'replace'),
        (rates, more, mode) => {
          const first = check(rates)
          const inForce = first.refused === 0 ? first.rates : []
          const second = check(more, inForce, mode)
          if (second.refused === 0)
            expect(second.rates.flatMap((a, at) => second.rates.slice(at + 1).filter((b) => overlap(a, b)))).toEqual([])
          const reversed = check(more.toReversed(), inForce, mode)
          expect(reversed.lines.map(({ outcome }) => outcome).toReversed()).toEqual(second.lines.map(({ outcome }) => outcome))
        },
      ),
    )
  })

  it('[IDN9] rates are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(anyRate), (rates) => {
        expect(readTaxRateCsv(writeTaxRateCsv(rates))).toEqual({
          outcome: 'rows',
          rows: rates.map((each, at) => ({ line: at + 2, row: each })),
        })
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (micro) => {
        expect(readPercent(percentOf(micro))).toBe(micro)
      }),
    )
    expect(percentOf(55_000)).toBe('5.5')
  })

  it('[HUB4] tax is exact where a float is not, and returned goods give back what sold ones took', () => {
    expect([taxOn(1_250, 250_000, true), taxOn(1_000, 250_000, false)]).toEqual([250, 250])
    expect(taxOn(9_007_199_254_740_991, 1_000_000, true)).toBe(4_503_599_627_370_496)
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.boolean(),
        (amount, micro, inclusive) => {
          expect(taxOn(-amount, micro, inclusive)).toBe(-taxOn(amount, micro, inclusive) || 0)
        },
      ),
    )
  })
})
