/** The store's side of a comparison, as a model device would say it; and the hub's projections, live and as a rebuild makes them. */
import type { DayDigest, Span } from '#sync/contract/comparison.ts'
import { dayDigestSchema } from '#sync/contract/comparison.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { deviceIdSchema, incarnationSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { RequestContext } from '#hub/gateway/request.ts'
import type { Peer } from '#hub/gateway/session.ts'
import { drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { createHubMetrics } from '#hub/metrics.ts'
import type { Database } from '#hub/storage/database.ts'
import { projectionsOf } from '#hub/projections.ts'
import { sql } from 'kysely'
import pino from 'pino'
import type { ModelDevice } from './model-device.ts'

export const projections = projectionsOf('reference')

export const nowMs = Date.parse('2026-02-01T08:00:00.000Z')

export const contextOf = (db: Database): RequestContext => ({
  ...{ db, log: pino({ level: 'silent' }), metrics: createHubMetrics(), limit: { run: (work) => work() } },
  nowMs: () => nowMs,
})

export const peerOf = ({ deviceId, incarnation, storeId }: ModelDevice): Peer => ({
  deviceId: deviceIdSchema.parse(deviceId),
  incarnation: incarnationSchema.parse(incarnation),
  storeId: storeIdSchema.parse(storeId),
  protocolVersion: 3,
})

const xor = (hashes: readonly string[]): string =>
  hashes
    .reduce((bits, hash) => bits ^ BigInt(`0x${hash.slice(0, 16)}`), 0n)
    .toString(16)
    .padStart(16, '0')

/** A day as the journal has it; `through` leaves out what is behind that number. */
export const digestOf = (journal: readonly TidelineRecord[], businessDay: string, through = Number.POSITIVE_INFINITY): DayDigest => {
  const own = journal.flatMap((record) => {
    const transaction = record.kind === 'transaction' ? transactionSchema.parse(JSON.parse(record.payload)) : null
    return transaction?.businessDay === businessDay && record.seq <= through ? [{ record, transaction }] : []
  })
  const spans: Span[] = []
  const totals = new Map<string, { count: number; grandMinor: number }>()
  for (const { record, transaction } of own) {
    const last = spans.at(-1)
    if (last?.toSeq === record.seq - 1) last.toSeq = record.seq
    else spans.push({ fromSeq: record.seq, toSeq: record.seq })
    const before = totals.get(transaction.currency) ?? { count: 0, grandMinor: 0 }
    totals.set(transaction.currency, { count: before.count + 1, grandMinor: before.grandMinor + transaction.totals.grandMinor })
  }
  return dayDigestSchema.parse({
    businessDay,
    incarnation: journal[0]?.incarnation,
    spans,
    count: own.length,
    digest: xor(own.map(({ record }) => record.payloadHash)),
    totals: [...totals].map(([currency, total]) => ({ currency, ...total })),
  })
}

/** The records of these spans. */
export const within = (journal: readonly TidelineRecord[], spans: readonly Span[]): TidelineRecord[] =>
  journal.filter(({ seq }) => spans.some(({ fromSeq, toSeq }) => fromSeq <= seq && seq <= toSeq))

export const drainAll = async (db: Database): Promise<void> => {
  for (const projection of projections) await drainProjection(db, projection)
}

export const rebuildAll = async (db: Database): Promise<void> => {
  for (const projection of projections) await rebuildProjection(db, projection)
}

export const countedBy = async (db: Database) => {
  const rowsOf = async (query: string) => (await sql.raw<Record<string, unknown>>(query).execute(db)).rows
  return {
    sales: await rowsOf('select * from sales_transaction order by natural_key'),
    totals: await rowsOf('select * from day_total order by store_id, business_day, workstation_id, currency, measure, key'),
    movements: await rowsOf('select * from stock_movement order by natural_key, line_number, item_id'),
    balances: await rowsOf('select * from stock_balance order by store_id, item_id'),
    exceptions: await rowsOf('select exception_id, message, state from exception order by exception_id'),
    closes: await rowsOf('select * from day_close order by device_id, incarnation, seq'),
    postings: await rowsOf('select posting_key, amount_minor, payload from posting order by posting_key'),
    late: await rowsOf('select * from projection_late'),
  }
}

export const exceptionsOf = async (db: Database, kind: string) =>
  db.selectFrom('exception').selectAll().where('kind', '=', kind).orderBy('exception_id').execute()
