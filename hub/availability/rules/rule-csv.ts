/** Rules and categories as CSV, for people: quantities in units and in percent, with a point or a comma. Pure. */
import { itemIdSchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'
import { issueWords, readTable, type Table, type TableReading, writeTable } from '../../csv-table.ts'
import { categorySchema, type Rule, ruleSchema } from './rule.ts'

export const ruleColumns = [
  ...(['rule', 'kind', 'item', 'category', 'store', 'channel', 'from', 'until'] as const),
  ...(['measure', 'amount', 'owner', 'reason'] as const),
]

/** A unit is a thousand thousandths, a percent ten thousand parts per million. */
const decimalsOf = { units: 3, percent: 4 } as const

const amountText = ({ measure, amount }: Rule): string => {
  if (measure === 'closed') return ''
  const digits = String(amount).padStart(decimalsOf[measure] + 1, '0')
  const fraction = digits.slice(-decimalsOf[measure]).replace(/0+$/, '')
  return `${digits.slice(0, -decimalsOf[measure])}${fraction === '' ? '' : `.${fraction}`}`
}

const readAmount = (text: string, measure: string): number | string => {
  if (measure === 'closed') return text === '' ? 0 : 'Column amount: a closed channel has none.'
  if (measure !== 'units' && measure !== 'percent') return 0
  const decimals = decimalsOf[measure]
  const [, whole, fraction = ''] = /^(\d{1,9})(?:[.,](\d+))?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > decimals)
    return `Column amount: “${text}” is no number of ${measure} with at most ${decimals} decimals.`
  return Number(whole) * 10 ** decimals + Number(fraction.padEnd(decimals, '0'))
}

const table: Table<(typeof ruleColumns)[number], Rule> = {
  columns: ruleColumns,
  optional: ['item', 'category', 'store', 'channel', 'from', 'until'],
  read: (cellOf) => {
    const amount = readAmount(cellOf('amount'), cellOf('measure'))
    if (typeof amount === 'string') return { refused: amount }
    const named = {
      ...{ itemId: cellOf('item'), category: cellOf('category'), storeId: cellOf('store'), channel: cellOf('channel') },
      ...{ from: cellOf('from'), until: cellOf('until') },
    }
    const parsed = ruleSchema.safeParse({
      ...{ ruleId: cellOf('rule'), kind: cellOf('kind'), measure: cellOf('measure'), amount },
      ...{ owner: cellOf('owner'), reason: cellOf('reason') },
      ...Object.fromEntries(Object.entries(named).filter(([, text]) => text !== '')),
    })
    return parsed.success ? { row: parsed.data } : { refused: issueWords(parsed.error) }
  },
}

export const readRuleCsv = (input: string): TableReading<Rule> => readTable(input, table)

export const writeRuleCsv = (rules: readonly Rule[]): string =>
  writeTable([
    ruleColumns,
    ...rules.map((r) => [
      ...[r.ruleId, r.kind, r.itemId ?? '', r.category ?? '', r.storeId ?? '', r.channel ?? '', r.from ?? '', r.until ?? ''],
      ...[r.measure, amountText(r), r.owner, r.reason],
    ]),
  ])

export interface ItemCategory {
  itemId: string
  category: string
}

export const itemCategorySchema = z.strictObject({ itemId: itemIdSchema, category: categorySchema })

const categoryTable: Table<'item' | 'category', ItemCategory> = {
  columns: ['item', 'category'],
  optional: [],
  read: (cellOf) => {
    const parsed = itemCategorySchema.safeParse({ itemId: cellOf('item'), category: cellOf('category') })
    return parsed.success ? { row: parsed.data } : { refused: issueWords(parsed.error) }
  },
}

export const readCategoryCsv = (input: string): TableReading<ItemCategory> => readTable(input, categoryTable)

export const writeCategoryCsv = (rows: readonly ItemCategory[]): string =>
  writeTable([['item', 'category'], ...rows.map(({ itemId, category }) => [itemId, category])])
