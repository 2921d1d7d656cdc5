/**
 * The epochs of the hub's data: one life each, the newest is the present one [HUB11]. A new one ends what was open because the hub
 * had fallen back, and is told to every process, which sends its stores home to come back into it.
 */
import { randomInt } from 'node:crypto'
import { type HubEpoch, hubEpochSchema } from '#sync/contract/vocabulary.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { decideEpoch, firstReason, readClusterMark } from './cluster-mark.ts'

/** NOTIFY channel; the payload is the new epoch. */
export const epochChannel = 'tideline_epoch'

export interface Epoch {
  epoch: HubEpoch
  reason: string
  beganAt: Date
}

/** 'tidf' in ASCII; see the migrations' lock. */
const lockKey = 0x74696466

export const readPresentEpoch = async (db: Kysely<Tables>): Promise<Epoch | null> => (await newestEpochs(db, 1))[0] ?? null

/** Newest first. */
export const listEpochs = (db: Kysely<Tables>): Promise<Epoch[]> => newestEpochs(db, 1_000)

/** By the operator's word. */
export const declareEpoch = async (db: Database, reason: string): Promise<Epoch> => {
  const mark = await readClusterMark(db)
  return inLock(db, (trx) => begin(trx, reason, mark))
}

/** Begins an epoch where there is none, or where the database says that it is another one than it was; else gives the present one. */
export const ensureEpoch = async (db: Database): Promise<{ epoch: Epoch; begun: boolean }> => {
  const mark = await readClusterMark(db)
  return inLock(db, async (trx) => {
    const stored = await trx.selectFrom('hub_epoch').select(['number', 'system']).orderBy('number', 'desc').limit(1).executeTakeFirst()
    const decided = decideEpoch(stored?.system ?? null, mark)
    if (decided.decision === 'begin') return { epoch: await begin(trx, decided.reason, mark), begun: true }
    if (decided.decision === 'adopt' && stored)
      await trx.updateTable('hub_epoch').set({ system: mark }).where('number', '=', stored.number).execute()
    const [present] = await newestEpochs(trx, 1)
    return present ? { epoch: present, begun: false } : { epoch: await begin(trx, firstReason, mark), begun: true }
  })
}

export const parseEpochNotification = (payload: string): HubEpoch | null => hubEpochSchema.safeParse(payload).data ?? null

const inLock = <T>(db: Database, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx)
    return work(trx)
  })

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
const newName = (): HubEpoch => hubEpochSchema.parse(Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join(''))

const begin = async (trx: Transaction<Tables>, reason: string, system: string): Promise<Epoch> => {
  const row = await trx
    .insertInto('hub_epoch')
    .values({ epoch: newName(), reason, system })
    .returning(['epoch', 'reason', 'began_at'])
    .executeTakeFirstOrThrow()
  await sql`update exception set state = 'resolved', resolved_at = now() where kind = 'HUB_FELL_BACK' and state = 'open'`.execute(trx)
  await sql`select pg_notify(${epochChannel}, ${row.epoch})`.execute(trx)
  return epochOf(row)
}

const newestEpochs = async (db: Kysely<Tables>, limit: number): Promise<Epoch[]> => {
  const rows = await db.selectFrom('hub_epoch').select(['epoch', 'reason', 'began_at']).orderBy('number', 'desc').limit(limit).execute()
  return rows.map(epochOf)
}

const epochOf = (row: { epoch: string; reason: string; began_at: Date }): Epoch => ({
  epoch: hubEpochSchema.parse(row.epoch),
  reason: row.reason,
  beganAt: row.began_at,
})
