/**
 * The simplest exactly-once hub that one could write, as the other side of benchmarks: a Socket.IO batch, one multi-row insert
 * that ignores what it has, an answer. No order, no chain, no verdicts, nothing read from the payload, which is text.
 *
 *   node test/bench/simplest-hub.ts DATABASE_URL     prints its address, then serves until it is ended
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { Server } from 'socket.io'
import type { Socket } from 'socket.io-client'

export interface SimplestRow {
  id: string
  payload: string
}

export const simplestBatchSize = 500

/** Sends all rows in batches of 500, one after the other, and resolves when the last one is acknowledged. */
export const drainIntoSimplestHub = async (socket: Socket, rows: readonly SimplestRow[]): Promise<void> => {
  for (let at = 0; at < rows.length; at += simplestBatchSize) await socket.emitWithAck('batch', rows.slice(at, at + simplestBatchSize))
}

const insertText = (count: number): string =>
  `insert into simplest_log (id, payload) values ${Array.from({ length: count }, (_, n) => `($${2 * n + 1}, $${2 * n + 2})`).join(',')} on conflict do nothing`

export const startSimplestHub = async (databaseUrl: string): Promise<{ url: string; stop(): Promise<void> }> => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  await pool.query('create table if not exists simplest_log (id text primary key, payload text not null)')
  const http = createServer()
  const io = new Server(http, { transports: ['websocket'], serveClient: false, maxHttpBufferSize: 10_000_000 })
  io.on('connection', (socket) => {
    socket.on('batch', (rows: SimplestRow[], acknowledge: (count: number) => void) => {
      void pool
        .query(
          insertText(rows.length),
          rows.flatMap((row) => [row.id, row.payload]),
        )
        .then(() => acknowledge(rows.length))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    stop: async () => {
      await io.close()
      await pool.end()
    },
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const hub = await startSimplestHub(process.argv[2] ?? '')
  process.stdout.write(`${JSON.stringify({ ready: true, url: hub.url })}\n`)
}
