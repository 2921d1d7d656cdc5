/** MySQL and MariaDB: a read-only session, every value as the text that the server sends. */
import type { DatabaseSource } from '#sync/contract/config.ts'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { fillQuery } from './query-text.ts'
import type { Cell, RowQuery } from './rows.ts'

const connectTimeoutMs = 10_000
const queryTimeoutMs = 60_000

interface RawField {
  type: string
  string(encoding?: BufferEncoding): string | null
  buffer(): Buffer | null
}

/** `TEXT` is a kind of BLOB to the driver, and bytes that are UTF-8 to us. */
const asText = (field: RawField): Cell => (field.type.endsWith('BLOB') ? field.buffer() : field.string('utf8'))

export const openMysql = async ({ connection, query }: DatabaseSource): Promise<RowQuery> => {
  const client = await createConnection({
    uri: connection,
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    decimalNumbers: false,
    typeCast: (field) => asText(field as unknown as RawField),
  })
  // A connection that breaks between two questions is found broken by the next one.
  client.on('error', () => undefined)
  await client.query('set session transaction read only')
  return {
    rows: async (after, limit) => {
      const [rows] = await client.query<RowDataPacket[]>({ sql: fillQuery(query, after, limit), timeout: queryTimeoutMs })
      return rows as Record<string, Cell>[]
    },
    close: async () => client.destroy(),
  }
}
