/** Projection `sales`: each transaction once, the day's totals by kind, tender and tax, what tills state of taxes, and their words. */
import type { Transaction } from '#sync/contract/transaction.ts'
import { sql } from 'kysely'
import { addWords, resetWords } from '../identity/word-totals.ts'
import { addStatements, resetStatements } from '../tax/statements.ts'
import { unnested } from '../storage/unnested.ts'
import { idleKinds } from './idle-kinds.ts'
import { transactionsOf } from './log-record.ts'
import type { Projection } from './projection.ts'

export interface TotalEffect {
  measure: 'transaction-kind' | 'tender' | 'tax'
  key: string
  count: number
  amountMinor: number
}

/** What one transaction adds to its workstation's day. Voided tenders count for nothing. */
export const totalEffects = (transaction: Transaction): TotalEffect[] => {
  const { kind, totals, tenders, taxes } = transaction
  const own: TotalEffect = { measure: 'transaction-kind', key: kind, count: 1, amountMinor: totals.grandMinor }
  if (idleKinds.has(kind)) return [own]
  return [
    own,
    ...tenders
      .filter((tender) => !tender.voided)
      .map((tender): TotalEffect => ({ measure: 'tender', key: tender.kind, count: 1, amountMinor: tender.amountMinor })),
    ...taxes.map((tax): TotalEffect => ({ measure: 'tax', key: tax.code, count: 1, amountMinor: tax.taxMinor })),
  ]
}

type DayTotal = {
  store_id: string
  business_day: string
  workstation_id: string
  currency: string
  measure: string
  key: string
  count: number
  amount_minor: number
}

/** Sums effects by row, in the order of the rows' keys: two workers that meet at a row never hold each other's. */
export const sumTotals = (transactions: readonly Transaction[]): DayTotal[] => {
  const sums = new Map<string, DayTotal>()
  for (const t of transactions) {
    for (const effect of totalEffects(t)) {
      const id = JSON.stringify([t.storeId, t.businessDay, t.workstationId, t.currency, effect.measure, effect.key])
      const sum = sums.get(id)
      if (sum) {
        sum.count += effect.count
        sum.amount_minor += effect.amountMinor
      } else {
        sums.set(id, {
          store_id: t.storeId,
          business_day: t.businessDay,
          workstation_id: t.workstationId,
          currency: t.currency,
          measure: effect.measure,
          key: effect.key,
          count: effect.count,
          amount_minor: effect.amountMinor,
        })
      }
    }
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}

/** In the order of the insertion's columns. */
const salesTypes = {
  ...({ store_id: 'text', natural_key: 'text', workstation_id: 'text', business_day: 'date', sequence_number: 'bigint' } as const),
  ...({ kind: 'text', ended_at: 'text', currency: 'text', net_minor: 'bigint', tax_minor: 'bigint', grand_minor: 'bigint' } as const),
  ...({ device_id: 'text', incarnation: 'text', seq: 'bigint' } as const),
}

export const salesProjection: Projection = {
  name: 'sales',
  heeds: ['transaction'],
  tables: {
    sales_transaction: 'receipts',
    day_total: 'totals of a day',
    tax_stated: 'taxes that tills stated',
    tax_line: 'items under their taxes',
    word_day: 'words of a day',
    word_total: 'words of a store',
  },
  mixesStreams: true,

  apply: async (trx, records) => {
    const transactions = transactionsOf(records)
    if (transactions.length === 0) return
    const rows = transactions.map(({ row, transaction: t, naturalKey }) => ({
      store_id: t.storeId,
      natural_key: naturalKey,
      workstation_id: t.workstationId,
      business_day: t.businessDay,
      sequence_number: t.sequenceNumber,
      kind: t.kind,
      ended_at: t.endedAt,
      currency: t.currency,
      net_minor: t.totals.netMinor,
      tax_minor: t.totals.taxMinor,
      grand_minor: t.totals.grandMinor,
      device_id: row.device_id,
      incarnation: row.incarnation,
      seq: row.seq,
    }))
    const added = await sql<{ key: string }>`
      insert into sales_transaction (store_id, natural_key, workstation_id, business_day, sequence_number, kind, ended_at, currency, net_minor,
        tax_minor, grand_minor, device_id, incarnation, seq)
      select * from ${unnested(rows, salesTypes)}
      on conflict (natural_key) do nothing returning natural_key as key`.execute(trx)
    const addedKeys = new Set(added.rows.map(({ key }) => key))
    const counted = transactions.flatMap(({ transaction, naturalKey }) => (addedKeys.has(naturalKey) ? [transaction] : []))
    await addStatements(trx, counted)
    await addWords(trx, counted)
    const totals = sumTotals(counted)
    if (totals.length === 0) return
    await sql`
      insert into day_total select * from json_populate_recordset(null::day_total, ${JSON.stringify(totals)}::json)
      on conflict (store_id, business_day, workstation_id, currency, measure, key) do update
        set count = day_total.count + excluded.count, amount_minor = day_total.amount_minor + excluded.amount_minor`.execute(trx)
  },

  reset: async (trx) => {
    await trx.deleteFrom('sales_transaction').execute()
    await trx.deleteFrom('day_total').execute()
    await resetStatements(trx)
    await resetWords(trx)
  },
}
