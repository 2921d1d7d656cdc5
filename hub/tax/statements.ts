/** Keeps the sums of what tills stated of taxes, for the projection `sales`: each receipt once, the order does not matter. */
import type { Transaction as Receipt } from '#sync/contract/transaction.ts'
import { sql, type Transaction } from 'kysely'
import { storable } from '../storage/storable.ts'
import type { Tables } from '../storage/tables.ts'
import { statementOf, type TaxStatement } from './statement.ts'

/** A day that goes on selling is judged now and then, not at each sale. */
const judgeAfterSeconds = 30

export const addStatements = async (trx: Transaction<Tables>, receipts: readonly Receipt[]): Promise<void> => {
  const statements = receipts.flatMap((receipt) => statementOf(receipt) ?? [])
  if (statements.length === 0) return
  const rows = sumStatements(statements)
  await sql`
    insert into tax_stated (store_id, business_day, currency, basket, tax_index, receipts, tax_minor)
    select store_id, business_day, currency, basket, tax_index, receipts, tax_minor
    from json_populate_recordset(null::tax_stated, ${JSON.stringify(rows.stated)}::json)
    on conflict (store_id, business_day, currency, md5(basket), tax_index) do update
      set receipts = tax_stated.receipts + excluded.receipts, tax_minor = tax_stated.tax_minor + excluded.tax_minor`.execute(trx)
  await sql`
    insert into tax_line (store_id, business_day, currency, basket, given_item, given_barcode, description, lines, amount_minor)
    select store_id, business_day, currency, basket, given_item, given_barcode, description, lines, amount_minor
    from json_populate_recordset(null::tax_line, ${JSON.stringify(rows.lines)}::json)
    on conflict (store_id, business_day, currency, md5(basket), given_item, given_barcode, description) do update
      set lines = tax_line.lines + excluded.lines, amount_minor = tax_line.amount_minor + excluded.amount_minor`.execute(trx)
  await sql`
    insert into tax_day (store_id, business_day, due_at)
    select store_id, business_day, now() + ${judgeAfterSeconds} * interval '1 second'
    from json_populate_recordset(null::tax_day, ${JSON.stringify(rows.days)}::json)
    on conflict (store_id, business_day) do update set due_at = coalesce(tax_day.due_at, excluded.due_at)`.execute(trx)
}

/** In the order of their keys: two workers that meet at a row never hold each other's. */
export const sumStatements = (statements: readonly TaxStatement[]) => {
  const stated = new Map<string, { receipts: number; tax_minor: number }>()
  const lines = new Map<string, { lines: number; amount_minor: number }>()
  const days = new Map<string, { store_id: string; business_day: string }>()
  for (const { storeId, businessDay, currency, basket, taxes, lines: sold } of statements) {
    const day = { store_id: storeId, business_day: businessDay }
    const key = { ...day, currency, basket }
    days.set(JSON.stringify(day), day)
    for (const { index, taxMinor } of taxes) {
      const id = JSON.stringify({ ...key, tax_index: index })
      const sum = stated.get(id) ?? { receipts: 0, tax_minor: 0 }
      stated.set(id, { receipts: sum.receipts + 1, tax_minor: sum.tax_minor + taxMinor })
    }
    for (const { itemId = '', barcode = '', description, amountMinor } of sold) {
      const called = itemId === '' && barcode === '' ? storable(description) : ''
      const id = JSON.stringify({ ...key, given_item: itemId, given_barcode: barcode, description: called })
      const sum = lines.get(id) ?? { lines: 0, amount_minor: 0 }
      lines.set(id, { lines: sum.lines + 1, amount_minor: sum.amount_minor + amountMinor })
    }
  }
  return { stated: rowsOf(stated), lines: rowsOf(lines), days: rowsOf(days) }
}

const rowsOf = (sums: ReadonlyMap<string, object>): object[] =>
  [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, sum]) => ({ ...(JSON.parse(id) as object), ...sum }))

/** Days stay: they are judged again, and lose what is no longer stated. */
export const resetStatements = async (trx: Transaction<Tables>): Promise<void> => {
  await trx.deleteFrom('tax_stated').execute()
  await trx.deleteFrom('tax_line').execute()
  await sql`update tax_day set due_at = now() + ${judgeAfterSeconds} * interval '1 second'`.execute(trx)
}
