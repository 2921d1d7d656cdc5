/**
 * SQLite: the file opened read-only, in a thread of its own, since SQLite answers while the caller waits and a slow query must not hold up
 * the tills. Integers are exact. A REAL column holds floating point numbers whatever we do: such a value becomes its shortest decimal
 * text, which is what was put in, up to 15 digits; what floating point arithmetic made of it (0.30000000000000004) has too many decimals
 * and is refused as money, never rounded.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { DatabaseSource } from '#sync/contract/config.ts'
import { fillQuery } from './query-text.ts'
import type { RowQuery, SourceRow } from './rows.ts'

type Answer = { rows: SourceRow[] } | { fault: string }

const queryTimeoutMs = 60_000

/** Runs in the thread, from its text: it may use nothing of this file. */
const serve = (): void => {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined
  const answer = (given: unknown): void => parentPort?.postMessage(given)
  const textOf = (value: unknown): unknown => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value)
  try {
    if (!sqlite) throw new Error('this runtime has no SQLite (node:sqlite): it needs a newer Electron or Node')
    const database = new sqlite.DatabaseSync(String(workerData), { readOnly: true, timeout: 5_000 })
    parentPort?.on('message', (query: string) => {
      try {
        const statement = database.prepare(query)
        statement.setReadBigInts(true)
        const rows = statement.all() as Record<string, unknown>[]
        answer({ rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)]))) })
      } catch (error) {
        answer({ fault: error instanceof Error ? error.message : String(error) })
      }
    })
    answer({ rows: [] })
  } catch (error) {
    answer({ fault: error instanceof Error ? error.message : String(error) })
  }
}

export const openSqlite = async ({ connection, query }: DatabaseSource): Promise<RowQuery> => {
  const worker = new Worker(`(${serve.toString()})()`, { eval: true, workerData: connection })
  worker.unref()
  const nextAnswer = async (): Promise<SourceRow[]> => {
    const [answer] = (await once(worker, 'message', { signal: AbortSignal.timeout(queryTimeoutMs) })) as [Answer]
    if ('fault' in answer) throw new Error(answer.fault)
    return answer.rows
  }
  const close = async (): Promise<void> => void (await worker.terminate())
  try {
    await nextAnswer()
  } catch (error) {
    await close()
    throw error
  }
  return {
    rows: (after, limit) => {
      const answered = nextAnswer()
      worker.postMessage(fillQuery(query, after, limit))
      return answered
    },
    close,
  }
}
