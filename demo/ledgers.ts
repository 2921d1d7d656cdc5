/** Reads the sales that journal and hub hold, each at its own source: the journal's files and the hub's database. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLine } from '#main/journal/record-line.ts'
import { segmentName, segmentStarts } from '#main/journal/segment.ts'
import { naturalKeyOf, transactionSchema, type Transaction } from '#sync/contract/transaction.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import pg from 'pg'
import type { AuditedSale } from './audit.ts'

const saleOf = (payload: string): AuditedSale => {
  const transaction: Transaction = transactionSchema.parse(JSON.parse(payload))
  return { key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor }
}

/** The life that is written. */
export const presentLife = async (dir: string): Promise<string> => {
  const { incarnation } = JSON.parse(await readFile(join(dir, 'journal.json'), 'utf8')) as { incarnation: string }
  return incarnation
}

/** From the files alone, beside the agent that writes them: a last line that is not whole yet is not a record yet. */
export const readJournalFiles = async (dir: string): Promise<TidelineRecord[]> => {
  const incarnation = await presentLife(dir)
  const records: TidelineRecord[] = []
  for (const firstSeq of segmentStarts(await readdir(dir), incarnation)) {
    const lines = (await readFile(join(dir, segmentName(incarnation, firstSeq)), 'utf8')).split('\n').filter((line) => line !== '')
    records.push(...lines.flatMap((line) => decodeLine(Buffer.from(line))?.record ?? []))
  }
  return records
}

export const journalSales = async (dir: string): Promise<AuditedSale[]> => {
  const records = await readJournalFiles(dir)
  return records.filter((record) => record.kind === 'transaction').map((record) => saleOf(record.payload))
}

export interface HubLedger {
  sales(): Promise<AuditedSale[]>
  counts(): Promise<{ atHub: number; posted: number; held: number; waiting: number }>
  close(): Promise<void>
}

export const openHubLedger = async (databaseUrl: string): Promise<HubLedger> => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 })
  pool.on('error', () => undefined)
  return {
    sales: async () => {
      const { rows } = await pool.query<{ payload: string }>(
        `select payload from record_log where kind = 'transaction' and verdict = 'accepted'`,
      )
      return rows.map((row) => saleOf(row.payload))
    },
    counts: async () => {
      const { rows } = await pool.query<{ at_hub: string; posted: string; held: string; waiting: string }>(
        `select (select count(*) from record_log where kind = 'transaction' and verdict = 'accepted') at_hub,
                count(*) filter (where state = 'posted') posted, count(*) filter (where state = 'held') held,
                count(*) filter (where state in ('waiting', 'in-doubt')) waiting from posting`,
      )
      const row = rows[0]
      return { atHub: Number(row?.at_hub), posted: Number(row?.posted), held: Number(row?.held), waiting: Number(row?.waiting) }
    },
    close: () => pool.end(),
  }
}
