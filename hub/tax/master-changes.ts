/** What changed of the master beside its rates: items' tax codes, and the mapping. The days that it may concern become due. */
import { sql, type Transaction } from 'kysely'
import { readBarcode } from '../identity/barcode.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'

const itemsAtOnce = 500

export const noticeChanges = async (db: Database): Promise<void> => {
  const notice = (look: (trx: Transaction<Tables>) => Promise<number>): Promise<number> =>
    retryContention(() =>
      db.transaction().execute(async (trx) => {
        await sql`select pg_advisory_xact_lock(hashtextextended('tideline tax notice', 0))`.execute(trx)
        return look(trx)
      }),
    )
  await notice(noticeMapping)
  while ((await notice(noticeItems)) === itemsAtOnce);
}

/** Versions are made one after the other, so that none appears below one that was noticed. */
const noticeMapping = async (trx: Transaction<Tables>): Promise<number> => {
  const { rows } = await sql<{ scope: string; scope_id: string }>`
    select distinct m.scope, m.scope_id from mapping_entry m, tax_notice n
    where m.list in ('tax', 'item', 'scale-layout') and (m.from_version > n.mapping_version or m.until_version > n.mapping_version)`.execute(
    trx,
  )
  if (rows.length === 0) return 0
  const storeIds = rows.some(({ scope }) => scope === 'all') ? null : rows.flatMap((row) => (row.scope === 'store' ? [row.scope_id] : []))
  await sql`update tax_notice set mapping_version = (select coalesce(max(version), 0) from mapping_version)`.execute(trx)
  await sql`update tax_day set due_at = now() where ${storeIds}::text[] is null or store_id = any(${storeIds}::text[])`.execute(trx)
  return rows.length
}

const noticeItems = async (trx: Transaction<Tables>): Promise<number> => {
  const { rows: changed } = await sql<{ item_id: string }>`
    select distinct item_id from item_tax_code where not noticed limit ${itemsAtOnce}`.execute(trx)
  if (changed.length === 0) return 0
  const itemIds = changed.map((row) => row.item_id)
  await sql`update item_tax_code set noticed = true where not noticed and item_id = any(${itemIds}::text[])`.execute(trx)
  const { rows: called } = await sql<{ code: string }>`
    select unnest(barcodes) as code from item where item_id = any(${itemIds}::text[])
    union select code from mapping_entry where list = 'item' and until_version is null and item_id = any(${itemIds}::text[])`.execute(trx)
  const codes = called.flatMap(({ code }) => [code, ...readBarcode(code, []).spellings])
  await sql`
    update tax_day d set due_at = now() from (
      select store_id, business_day from tax_line where given_item <> '' and given_item = any(${[...itemIds, ...codes]}::text[])
      union select store_id, business_day from tax_line where given_barcode <> '' and given_barcode = any(${codes}::text[])) sold
    where d.store_id = sold.store_id and d.business_day = sold.business_day`.execute(trx)
  return changed.length
}
