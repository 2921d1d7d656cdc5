/**
 * Stores whose sales are pushed by RxDB's own replication, as the other side of `fleet-drain`: memory storage, one database and one
 * collection each. RxDB takes no more than a dozen collections in a process, so a fleet is several of these.
 *
 *   node test/bench/rxdb-stores.ts HUB_URL NAME STORES SALES     prints "ready", waits for a line, prints "done" when all is acknowledged
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createRxDatabase } from 'rxdb/plugins/core'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { io } from 'socket.io-client'
import { simplestBatchSize, type SimplestRow } from './simplest-hub.ts'

const [url = '', name = '', stores = '', salesEach = ''] = process.argv.slice(2)

const schema = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: { type: 'string', maxLength: 100 }, payload: { type: 'string' } },
  required: ['id', 'payload'],
} as const

const openStore = async (store: string, payloads: readonly string[]) => {
  const database = await createRxDatabase({ name: store, storage: getRxStorageMemory(), multiInstance: false, eventReduce: false })
  const { sales } = await database.addCollections({ sales: { schema } })
  await sales.bulkInsert(payloads.map((payload, n) => ({ id: `${store}:${String(n).padStart(6, '0')}`, payload })))
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
  await new Promise<void>((settle) => socket.once('connect', settle))
  return async (): Promise<void> => {
    const replication = replicateRxCollection<SimplestRow, unknown>({
      collection: sales,
      replicationIdentifier: store,
      live: false,
      waitForLeadership: false,
      push: {
        batchSize: simplestBatchSize,
        handler: async (rows) => {
          const plain = rows.map(({ newDocumentState: { id, payload } }) => ({ id, payload }))
          const taken = (await socket.emitWithAck('batch', plain)) as number
          if (taken !== plain.length) throw new Error(`the hub took ${taken} of ${plain.length}`)
          return []
        },
      },
    })
    await replication.awaitInitialReplication()
    socket.disconnect()
  }
}

const payloadOf = (n: number): string => JSON.stringify({ number: n, filler: 'a sale of as many bytes as the others '.repeat(26) })

const payloads = Array.from({ length: Number(salesEach) }, (_, n) => payloadOf(n))
const drains = await Promise.all(Array.from({ length: Number(stores) }, (_, n) => openStore(`${name}x${n}`, payloads)))
const input = createInterface(process.stdin)
console.log('ready')
await once(input, 'line')
await Promise.all(drains.map((drain) => drain()))
console.log('done')
process.exit(0)
