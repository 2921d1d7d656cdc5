/**
 * PostgreSQL in this process: one engine for all seeds, its tables emptied between them. `now()` of the schema `sim` stands before
 * PostgreSQL's own, so that retries, leases and effective dates follow the virtual clock.
 */
import { PGlite, type Results } from '@electric-sql/pglite'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { prepareValue } from 'pg/lib/utils.js'
import { logChannel } from '#hub/intake/transaction-log.ts'
import { feedChannel } from '#hub/catalogue/feed.ts'
import { deviceChannel } from '#hub/enrolment/device-channel.ts'
import { postingChannel } from '#hub/posting/queue.ts'
import { epochChannel } from '#hub/epoch/epoch.ts'
import { migrate } from '#hub/storage/migrate.ts'
import type { Tables } from '#hub/storage/tables.ts'

export interface PostgresEngine {
  run(text: string, parameters?: readonly unknown[]): Promise<Results<Record<string, unknown>>>
  /** Calls under way. */
  underWay(): number
  setNow(ms: number): Promise<void>
  /** Replaces who hears notifications. */
  onNotify(callback: (channel: string, payload: string) => void): void
  /** Empties every table. */
  reset(): Promise<void>
  readonly tables: readonly string[]
}

export const channels = [logChannel, postingChannel, feedChannel, deviceChannel, epochChannel]

const int8Oid = 20
const dateOid = 1082
const parsers = { [int8Oid]: Number, [dateOid]: (text: string) => text }

const clockFunctions = `
  create schema sim;
  create function sim.now() returns timestamptz language sql stable as $$ select current_setting('sim.now')::timestamptz $$;
  create function sim.clock_timestamp() returns timestamptz language sql stable as $$ select sim.now() $$;
  set search_path = public, sim, pg_catalog;
  set time zone 'UTC'`

/** Text and parameters as one statement, each value in the text that pg sends: PGlite's own way knows other types than pg does. */
const inlined = (text: string, parameters: readonly unknown[]): string =>
  text.replaceAll(/\$(\d+)/g, (_, number: string) => {
    const value: unknown = prepareValue(parameters[Number(number) - 1])
    if (value === null || value === undefined) return 'null'
    return Buffer.isBuffer(value) ? `'\\x${value.toString('hex')}'` : pg.escapeLiteral(String(value))
  })

const open = async (): Promise<PostgresEngine> => {
  const engine = await PGlite.create({ parsers })
  let calls = 0
  let heard: (channel: string, payload: string) => void = () => undefined
  const run: PostgresEngine['run'] = async (text, parameters = []) => {
    calls += 1
    try {
      const results = await engine.exec(parameters.length > 0 ? inlined(text, parameters) : text)
      return (results.at(-1) ?? { rows: [], fields: [] }) as Results<Record<string, unknown>>
    } finally {
      calls -= 1
    }
  }
  const setNow = async (ms: number): Promise<void> => void (await run(`set sim.now = '${new Date(ms).toISOString()}'`))
  await run(clockFunctions)
  await setNow(0)
  const client = {
    query: async (text: string, parameters: readonly unknown[]) => {
      const { rows, ...rest } = await run(text, parameters)
      return { rows, command: text.trim().split(/\s/)[0]?.toUpperCase(), rowCount: rest.affectedRows ?? rows.length }
    },
    release: () => undefined,
  }
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: async () => client, end: async () => undefined } as never }),
  })
  await migrate(db)
  for (const channel of channels) await engine.listen(channel, (payload) => heard(channel, payload))
  const { rows } = await run(`select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migration' order by 1`)
  const tables = rows.map((row) => String(row['tablename']))
  return {
    run,
    underWay: () => calls,
    setNow,
    onNotify: (callback) => void (heard = callback),
    reset: async () => void (await run(`rollback; truncate ${tables.join(', ')} restart identity cascade`)),
    tables,
  }
}

let opened: Promise<PostgresEngine> | undefined

/** It takes seconds to start: once a process. */
export const openPostgres = (): Promise<PostgresEngine> => (opened ??= open())
