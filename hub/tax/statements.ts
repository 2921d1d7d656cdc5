/** Keeps the sums of what tills stated of taxes, for the projection `sales`: each receipt once, the order does not matter. What changes a day marks it to be judged. */
import { createHash } from 'node:crypto'
import type { Transaction as Receipt } from '#sync/contract/transaction.ts'
import { sql, type Transaction } from 'kysely'
import { storable } from '../storage/storable.ts'
import type { Tables } from '../storage/tables.ts'
import { statementOf, type TaxStatement } from './statement.ts'

export const addStatements = async (trx: Transaction<Tables>, receipts: readonly Receipt[]): Promise<void> => {
  const statements = receipts.flatMap((receipt) => statementOf(receipt) ?? [])
  if (statements.length === 0) return
  const rows = sumStatements(statements)
  await sql`
    insert into tax_stated select * from json_populate_recordset(null::tax_stated, ${JSON.stringify(rows.stated)}::json)
    on conflict (store_id, business_day, currency, basket_id, tax_index) do update
      set receipts = tax_stated.receipts + excluded.receipts, tax_minor = tax_stated.tax_minor + excluded.tax_minor`.execute(trx)
  await sql`
    insert into tax_line select * from json_populate_recordset(null::tax_line, ${JSON.stringify(rows.lines)}::json)
    on conflict (store_id, business_day, currency, basket_id, given_item, given_barcode, description) do update
      set lines = tax_line.lines + excluded.lines, amount_minor = tax_line.amount_minor + excluded.amount_minor`.execute(trx)
}

type StatedRow = Tables['tax_stated']
type LineRow = Tables['tax_line']

/** In the order of their keys: two workers that meet at a row never hold each other's. */
export const sumStatements = (statements: readonly TaxStatement[]): { stated: StatedRow[]; lines: LineRow[] } => {
  const stated = new Map<string, StatedRow>()
  const lines = new Map<string, LineRow>()
  const digests = new Map<string, string>()
  for (const { storeId, businessDay, currency, basket, taxes, lines: sold } of statements) {
    const basketId = digests.get(basket) ?? digestOf(basket)
    digests.set(basket, basketId)
    const key = { store_id: storeId, business_day: businessDay, currency, basket_id: basketId }
    const place = `${storeId}\n${businessDay}\n${currency}\n${basketId}\n`
    for (const { index, taxMinor } of taxes) {
      const id = `${place}${index}`
      const sum = stated.get(id)
      if (sum === undefined) stated.set(id, { ...key, basket, tax_index: index, receipts: 1, tax_minor: taxMinor })
      else stated.set(id, { ...sum, receipts: sum.receipts + 1, tax_minor: sum.tax_minor + taxMinor })
    }
    for (const { itemId = '', barcode = '', description, amountMinor } of sold) {
      const called = itemId === '' && barcode === '' ? storable(description) : ''
      const id = `${place}${itemId}\n${barcode}\n${called}`
      const sum = lines.get(id)
      if (sum === undefined)
        lines.set(id, { ...key, given_item: itemId, given_barcode: barcode, description: called, lines: 1, amount_minor: amountMinor })
      else lines.set(id, { ...sum, lines: sum.lines + 1, amount_minor: sum.amount_minor + amountMinor })
    }
  }
  return { stated: inOrder(stated), lines: inOrder(lines) }
}

const inOrder = <Row>(sums: ReadonlyMap<string, Row>): Row[] => [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)

const digestOf = (basket: string): string => createHash('sha256').update(basket).digest('base64url')

export const resetStatements = async (trx: Transaction<Tables>): Promise<void> => {
  await trx.deleteFrom('tax_stated').execute()
  await trx.deleteFrom('tax_line').execute()
}
