/**
 * Brings the ERP's catalogue to the stores: what changed, often; everything, now and then, to find what a cursor cannot see.
 *
 * Several hub processes may pull side by side: a pull is applied only when nobody applied another since it began, so
 * that an older answer never overwrites a newer one. Cursor, catalogue and feeds commit together.
 */
import type { Clock } from '#sync/core/ports.ts'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { ErpConnector } from '../posting/connector.ts'
import { ErpUnavailable } from '../posting/connector.ts'
import { createBell } from '../bell.ts'
import type { Log } from '../posting/log.ts'
import type { Tables } from '../storage/tables.ts'
import { systemClock } from '../system-clock.ts'
import { type AppliedPull, applyPull } from './apply.ts'
import { lockCatalogue } from './rows.ts'
import { publishCatalogueToStore, storesWithoutCatalogue } from './stores.ts'

export interface CataloguePullOptions {
  db: Kysely<Tables>
  connector: ErpConnector
  log: Log
  intervalMs: number
  /** How often everything is compared. */
  fullEveryMs?: number
  /** So many times higher or lower a price waits for a person. */
  priceJumpFactor?: number | undefined
  clock?: Clock
}

const pullStateSchema = z.strictObject({ cursor: z.string(), version: z.int(), fullAtMs: z.int() })
type PullState = z.infer<typeof pullStateSchema>
const stateKey = 'catalogue-pull'

const readState = async (db: Kysely<Tables>, connector: string): Promise<PullState | null> => {
  const row = await db
    .selectFrom('connector_state')
    .select('value')
    .where('connector', '=', connector)
    .where('key', '=', stateKey)
    .executeTakeFirst()
  return row ? pullStateSchema.parse(JSON.parse(row.value)) : null
}

const writeState = (db: Kysely<Tables>, connector: string, state: PullState) =>
  db
    .insertInto('connector_state')
    .values({ connector, key: stateKey, value: JSON.stringify(state) })
    .onConflict((conflict) => conflict.columns(['connector', 'key']).doUpdateSet({ value: JSON.stringify(state) }))
    .execute()

export type Pulled =
  | ({ outcome: 'applied'; full: boolean } & AppliedPull)
  | { outcome: 'overtaken' }
  | { outcome: 'unavailable'; message: string }

/** One pull: of what changed, or of everything, as is due or as is asked. Throws only for faults of ours or the database's. */
export const pullCatalogue = async (options: CataloguePullOptions, asked?: 'changes' | 'everything'): Promise<Pulled> => {
  const { db, connector, fullEveryMs = 300_000, clock = systemClock } = options
  const { nowMs } = clock
  const before = await readState(db, connector.name)
  const isDue = !before || nowMs() - before.fullAtMs >= fullEveryMs || nowMs() < before.fullAtMs
  const full = !before || (asked === undefined ? isDue : asked === 'everything')
  const pull = await connector.pullItems(full ? undefined : before.cursor).catch((cause: unknown) => {
    if (cause instanceof ErpUnavailable) return { unavailable: cause.message }
    throw cause
  })
  if ('unavailable' in pull) return { outcome: 'unavailable', message: pull.unavailable }
  return db.transaction().execute(async (trx): Promise<Pulled> => {
    await lockCatalogue(trx)
    const now = await readState(trx, connector.name)
    if (now?.version !== before?.version) return { outcome: 'overtaken' }
    const applied = await applyPull(trx, pull, full, options.priceJumpFactor)
    await writeState(trx, connector.name, {
      cursor: pull.cursor,
      version: (before?.version ?? 0) + 1,
      fullAtMs: full ? nowMs() : (before?.fullAtMs ?? 0),
    })
    return { outcome: 'applied', full, ...applied }
  })
}

const fillNewStores = async (db: Kysely<Tables>): Promise<void> => {
  for (const storeId of await storesWithoutCatalogue(db)) await db.transaction().execute((trx) => publishCatalogueToStore(trx, storeId))
}

/** True once everything was brought: before, a full pull is a first load, and finds nothing that was missed. */
export const wasEverPulled = async (db: Kysely<Tables>, connector: string): Promise<boolean> => (await readState(db, connector)) !== null

export const startCataloguePull = (options: CataloguePullOptions): { stop(): Promise<void> } => {
  const { db, connector, log, intervalMs, clock = systemClock } = options
  let stopping = false
  const bell = createBell(clock)

  const round = async (): Promise<void> => {
    const pulled = await pullCatalogue(options)
    if (pulled.outcome === 'unavailable') log.warn({ connector: connector.name, message: pulled.message }, 'catalogue not pulled')
    if (pulled.outcome === 'applied' && Object.values(pulled.applied).some((count) => count > 0))
      log.info({ full: pulled.full, ...pulled.applied }, 'catalogue changed')
  }
  const run = async (): Promise<void> => {
    while (!stopping) {
      await fillNewStores(db).catch((error: unknown) => log.error({ error }, 'new stores not filled'))
      await round().catch((error: unknown) => log.error({ error }, 'catalogue pull failed'))
      if (stopping) return
      await bell.wait(intervalMs)
    }
  }
  const running = run()
  return {
    async stop() {
      stopping = true
      bell.ring()
      await running
    },
  }
}
