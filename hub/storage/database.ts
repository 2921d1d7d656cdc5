/**
 * The hub's one way to PostgreSQL: kysely over a pg pool. bigint arrives as a number (all of ours stay below 2^53) and
 * date as 'YYYY-MM-DD'; both are set on this pool alone, never on pg's global parsers.
 */
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { must } from '#sync/contract/assert.ts'
import type { Tables } from './tables.ts'

const int8Oid = 20
const dateOid = 1082

export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') => {
    if (oid === int8Oid) return (text: string) => safeInteger(text)
    if (oid === dateOid) return (text: string) => text
    return pg.types.getTypeParser(oid, format)
  }) as pg.CustomTypesConfig['getTypeParser'],
}

const safeInteger = (text: string): number => {
  const value = Number(text)
  return must(Number.isSafeInteger(value) ? value : null, `an integer below 2^53, got ${text}`)
}

export interface DatabaseOptions {
  maxConnections?: number
  /** Shown by pg_stat_activity. */
  name?: string
  /** A connection that broke while idle; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void
}

export type Database = Kysely<Tables>

const planned = /^\/\* plan ([a-z-]+) \*\//

// A text that begins with a comment `plan NAME` is planned once a connection, under that name, and not for each call. It never varies.
const keepPlans = (client: pg.PoolClient): void => {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown
  const planning = (text: unknown, values: unknown, ...rest: unknown[]): unknown => {
    const name = typeof text === 'string' ? planned.exec(text)?.[1] : undefined
    return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest)
  }
  client.query = planning as typeof client.query
}

export const openDatabase = (url: string, options: DatabaseOptions = {}): Database => {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 24,
    connectionTimeoutMillis: 5_000,
    application_name: options.name ?? 'tideline-hub',
    types: columnTypes,
  })
  pool.on('error', (error) => options.onIdleError?.(error))
  // A connection that breaks while in use fails its query; without a listener its event would end the process as well.
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    keepPlans(client)
  })
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}
