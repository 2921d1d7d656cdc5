/**
 * The other side of `price-fanout`: one insert, then one emit to everybody.
 *
 *   node test/bench/bare-broadcast.ts DATABASE_URL     prints its address; each line on standard input is a number to insert and tell
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { Server } from 'socket.io'

const pool = new pg.Pool({ connectionString: process.argv[2] ?? '', max: 2 })
await pool.query('create table if not exists bare_change (number int not null, text text not null)')
const http = createServer()
const server = new Server(http, { transports: ['websocket'], serveClient: false })
http.listen(0, '127.0.0.1')
await once(http, 'listening')

createInterface(process.stdin).on('line', (line) => {
  const number = Number(line)
  void pool
    .query('insert into bare_change (number, text) values ($1, $2)', [number, 'x'.repeat(200)])
    .then(() => server.emit('changed', number))
})
process.on('SIGTERM', () => process.exit(0))
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })}\n`)
