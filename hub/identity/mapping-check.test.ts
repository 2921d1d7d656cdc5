import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CatalogueFacts, checkMapping } from './mapping-check.ts'
import { mappingColumns, readMappingCsv, writeMappingCsv } from './mapping-csv.ts'
import { keyOf, type MappingEntry } from './mapping-entry.ts'

const catalogue: CatalogueFacts = {
  unitOf: new Map([
    ['TEA', 'each'],
    ['APPLE', 'kilogram'],
    ['RED-S', 'each'],
  ]),
  itemIdByKey: new Map([['gtin:04006381333931', 'TEA']]),
  storeIds: new Set(['S1', 'S2']),
  taxCategories: new Set(['standard', 'reduced']),
}
const heading = mappingColumns.join(';')
const check = (lines: readonly string[], over: Partial<Parameters<typeof checkMapping>[0]> = {}) => {
  const read = readMappingCsv([heading, ...lines].join('\n'))
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  return checkMapping({ rows: read.rows, inForce: [], catalogue, mode: 'add', takeOver: false, ...over })
}
const reasonsOf = (lines: readonly string[], over = {}) => check(lines, over).lines.map((each) => each.reason ?? each.outcome)

describe('an import is checked line by line', () => {
  it('[IDN3] good lines are accepted, and say which item each comes to', () => {
    const checked = check([
      'item;store;S1;sku;1001;OLD-TEA;each;masters',
      'item;all;;sku;OLD-TEA;TEA;;masters',
      'item;all;;plu;4011;APPLE;kilogram;masters',
    ])
    expect(checked.lines.map((each) => each.outcome)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(checked.entries.map((each) => each.itemId)).toEqual(['TEA', 'TEA', 'APPLE'])
  })

  it.each([
    [
      'one barcode on two items',
      ['item;all;;gtin;96385074;TEA;;m', 'item;all;;gtin;00000096385074;APPLE;;m'],
      /given to TEA in line 2 and to APPLE in line 3/,
    ],
    ['two owners', ['item;all;;gtin;96385074;TEA;;m', 'item;all;;gtin;96385074;TEA;;n'], /two owners: m in line 2, n in line 3/],
    ['a circle', ['item;all;;sku;A;B;;m', 'item;all;;sku;B;A;;m'], /circle: [AB] → [AB] → [AB]/],
    ['a circle of one', ['item;all;;sku;A;A;;m'], /circle/],
    ['an unknown item', ['item;all;;sku;A;NOWHERE;;m'], /no item NOWHERE/],
    ['another unit', ['item;all;;sku;A;APPLE;each;m'], /counts in each, the item APPLE in kilogram/],
    [
      'the catalogue’s barcode on another item',
      ['item;all;;gtin;4006381333931;APPLE;;m'],
      /catalogue gives the barcode 4006381333931 to TEA/,
    ],
    ['a wrong check digit', ['item;all;;gtin;4006381333932;TEA;;m'], /should end in 1/],
    ['an unknown store', ['item;store;S9;sku;A;TEA;;m'], /no store S9/],
    ['a scope without name', ['item;store;;sku;A;TEA;;m'], /names whose it is/],
    ['a word that is none of ours', ['tender;store;S1;word;BAR;gold;;m'], /no tender here: cash/],
    ['a layout that says otherwise', ['scale-layout;all;;layout;28IIIIIWWWWWC;price;;m'], /holds a weight/],
    ['a circle of parents', ['parent;all;;sku;TEA;RED-S;;m', 'parent;all;;sku;RED-S;TEA;;m'], /nobody’s variant/],
    [
      'two parents',
      ['parent;all;;sku;RED-S;SHIRT;;m', 'parent;all;;sku;RED-S;JACKET;;m'],
      /given to SHIRT in line 2 and to JACKET in line 3/,
    ],
    ['another parent for one store', ['parent;store;S1;sku;RED-S;JACKET;;m'], /one parent, whoever asks/],
    ['an axis of nobody’s variant', ['axis;all;;axis;size:TEA;S;;m'], /TEA is nobody’s variant: give it a parent first/],
    ['an axis of one store', ['parent;all;;sku;TEA;HOT;;m', 'axis;store;S1;axis;size:TEA;S;;m'], /whoever asks/],
    ['an axis without its item', ['axis;all;;axis;size;S;;m'], /no axis of an item/],
    ['an axis of an unknown item', ['axis;all;;axis;size:GONE;S;;m'], /no item GONE in the catalogue/],
    [
      'variants that nothing tells apart',
      ['parent;all;;sku;TEA;HOT;;m', 'parent;all;;sku;RED-S;HOT;;m', 'axis;all;;axis;size:TEA;S;;m', 'axis;all;;axis;size:RED-S;S;;m'],
      /TEA and RED-S are both size S under HOT/,
    ],
    ['a parent that is a variant', ['parent;all;;sku;RED-S;TEA;;m', 'parent;all;;sku;TEA;HOT;;m'], /nobody’s variant/],
    ['a canonical identifier of another item', ['canonical;all;;sku;APPLE;4006381333931;;m'], /not an identifier of APPLE/],
    ['a kind of another list', ['item;all;;word;A;TEA;;m'], /does not belong/],
    ['an open quote', ['item;all;;sku;"A;TEA;;m'], /quote/],
  ])('[IDN3] refused, with its reason: %s', (_, lines, reason) => {
    const checked = check(lines)
    expect(checked.refused).toBeGreaterThan(0)
    expect(checked.lines.map((each) => each.reason ?? '').join('\n')).toMatch(reason)
  })

  it('[IDN3] [IDN5] a circle with what is in force, and another’s entry, are refused; taken over by name it changes', () => {
    const inForce = check(['item;all;;sku;B;TEA;;m']).entries
    expect(reasonsOf(['item;all;;sku;B;APPLE;;n'], { inForce })).toEqual([expect.stringMatching(/belongs to m/)])
    expect(reasonsOf(['item;all;;sku;B;APPLE;;n'], { inForce, takeOver: true })).toEqual(['accepted'])
    expect(reasonsOf(['item;all;;sku;B;TEA;;m'], { inForce })).toEqual(['unchanged'])
    const chained = check(['item;all;;sku;A;B;;m'], { inForce }).entries
    expect(reasonsOf(['item;all;;sku;B;A;;m'], { inForce: chained })).toEqual([expect.stringMatching(/circle/)])
  })

  it('[IDN5] the canonical identifier may be the item’s number, its barcode in any spelling, or what a mapping gave it', () => {
    const lines = ['item;supplier;ACME;supplier-number;T-7;TEA;;m', 'canonical;all;;sku;APPLE;APPLE;;m', 'canonical;all;;sku;TEA;T-7;;m']
    expect(reasonsOf(lines)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(reasonsOf(['canonical;all;;sku;TEA;04006381333931;;m'])).toEqual(['accepted'])
  })

  it('[IDN3] replacing removes what the file leaves out, of its own lists alone', () => {
    const inForce = check(['item;all;;sku;A;TEA;;m', 'tender;all;;word;BAR;cash;;m']).entries
    const replaced = check(['item;all;;sku;B;TEA;;m'], { inForce, mode: 'replace' })
    expect(replaced.entries.map((each) => each.code).sort()).toEqual(['B', 'BAR'])
    expect(
      check(['item;all;;sku;B;TEA;;m'], { inForce })
        .entries.map((each) => each.code)
        .sort(),
    ).toEqual(['A', 'B', 'BAR'])
  })

  it('[IDN3] whatever is imported: nothing accepted goes in a circle or to nowhere, whichever order the lines have', () => {
    const code = fc.constantFrom('A', 'B', 'C', 'TEA')
    const rows = fc.array(fc.tuple(fc.constantFrom('all;', 'store;S1'), code, fc.oneof(code, fc.constant('APPLE'))), { maxLength: 8 })
    fc.assert(
      fc.property(rows, (given) => {
        const lines = given.map(([scope, from, to]) => `item;${scope};sku;${from};${to};;m`)
        const checked = check(lines)
        expect(check(lines.toReversed()).refused > 0).toBe(checked.refused > 0)
        if (checked.refused > 0) return
        for (const entry of checked.entries) expect(['TEA', 'APPLE']).toContain(entry.itemId)
      }),
    )
  })
})

describe('mappings as CSV', () => {
  const entryOf = (code: string, owner: string): MappingEntry => {
    const row = { list: 'item', scope: 'all', scopeId: '', kind: 'code', code, target: 'TEA', owner } as const
    const key = keyOf(row)
    return { ...row, key: key.outcome === 'key' ? key.key : '', itemId: null }
  }

  it('[IDN9] what is written is read back, whatever is in it', () => {
    const text = fc
      .string({ unit: fc.constantFrom(...`ab'"=+-@;,\n\r\t ü`), minLength: 1, maxLength: 8 })
      .map((each) => each.trim())
      .filter((each) => each !== '')
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), (cells) => {
        const entries = cells.map(([code, owner]) => entryOf(code, owner))
        const read = readMappingCsv(writeMappingCsv(entries))
        expect(read.outcome === 'rows' && read.rows.map((each) => 'row' in each && [each.row.code, each.row.owner])).toEqual(cells)
      }),
    )
  })

  it('[IDN9] no cell begins like a formula', () => {
    for (const evil of ['=cmd|calc', '+1', '-1', '@SUM(A1)', "'=1", '"=1']) {
      const cell =
        writeMappingCsv([entryOf(evil, 'm')])
          .split('\r\n')[1]
          ?.split(';')[4] ?? ''
      expect(cell.replace(/^"/, ''), evil).not.toMatch(/^[=+\-@\t\r]/)
    }
  })

  it('[IDN9] a byte order mark, commas, quoted line breaks and CRLF; each line has its own number', () => {
    const comma = heading.replaceAll(';', ',')
    const read = readMappingCsv(`\uFEFF${comma}\r\nitem,all,,sku,"A,1",TEA,,"m\r\nn"\r\n\r\nitem,all,,sku,,TEA,,m\r\n`)
    expect(read).toEqual({
      outcome: 'rows',
      rows: [
        { line: 2, row: { list: 'item', scope: 'all', scopeId: '', kind: 'sku', code: 'A,1', target: 'TEA', owner: 'm\r\nn' } },
        { line: 5, refused: expect.stringContaining('code') },
      ],
    })
    expect(readMappingCsv('')).toMatchObject({ outcome: 'refused' })
    expect(readMappingCsv('list;code\n')).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('owner') })
  })
})
