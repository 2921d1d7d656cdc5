/**
 * A POS database as capture sees it: rows beyond a number, as text. Numbers of any size and decimals stay the text that the database
 * gives; no driver may make a floating point number of them.
 */
import type { DatabaseSource } from '#sync/contract/config.ts'

/** Bytes only where the database has bytes. */
export type Cell = string | Uint8Array | null
export type SourceRow = Readonly<Record<string, Cell>>

/** One connection. Whatever it rejects with, it is closed then, and another one is opened later. */
export interface RowQuery {
  /** In the order of the query. */
  rows(after: bigint, limit: number): Promise<SourceRow[]>
  close(): Promise<void>
}

export type OpenRowQuery = (source: DatabaseSource) => Promise<RowQuery>

/** Drivers are loaded when a source wants them: a runtime that lacks one captures all the same. */
export const openRowQuery: OpenRowQuery = async (source) => {
  switch (source.kind) {
    case 'sqlite':
      return (await import('./sqlite-rows.ts')).openSqlite(source)
    case 'postgres':
      return (await import('./postgres-rows.ts')).openPostgres(source)
    case 'mysql':
      return (await import('./mysql-rows.ts')).openMysql(source)
  }
}
