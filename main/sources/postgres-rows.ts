/** PostgreSQL: a read-only session, every value as the text that the server sends. */
import type { DatabaseSource } from '#sync/contract/config.ts'
import pg from 'pg'
import { fillQuery } from './query-text.ts'
import type { Cell, RowQuery } from './rows.ts'

const byteaOid = 17
const connectTimeoutMs = 10_000
const queryTimeoutMs = 60_000

/** Numerics, bigints and dates arrive as text already; the parsers that would make something else of them are left out. */
const asText = { getTypeParser: (oid: number) => (text: string) => (oid === byteaOid ? Buffer.from(text.slice(2), 'hex') : text) }

export const openPostgres = async ({ connection, query }: DatabaseSource): Promise<RowQuery> => {
  const client = new pg.Client({
    connectionString: connection,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: 'tideline',
    keepAlive: true,
    types: asText as never,
  })
  // A connection that breaks between two questions is found broken by the next one.
  client.on('error', () => undefined)
  await client.connect()
  await client.query("set default_transaction_read_only = on; set datestyle = 'ISO'; set statement_timeout = '60s'")
  return {
    rows: async (after, limit) => (await client.query<Record<string, Cell>>(fillQuery(query, after, limit))).rows,
    close: () => client.end(),
  }
}
