/** Pages of feeds as stores get them: many at once, cut by entries and bytes, packed where it pays, with head and epoch. */
import { inflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { createFeedReader, type PageRequest } from '#hub/catalogue/feed-page.ts'
import { writeFeed } from '#hub/catalogue/feed.ts'
import type { Database } from '#hub/storage/database.ts'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { feedEntrySchema } from '#sync/contract/feed.ts'
import { pulledPackedSchema, pulledSchema } from '#sync/contract/up.ts'
import { packedLimits } from '#sync/contract/protocol.ts'
import { sql } from 'kysely'
import { withDatabase } from '../hub/database.ts'
import { enrolModelDevice } from '../hub/model-device.ts'
import { withGateways } from '../hub/running-gateway.ts'

const server = withDatabase()
const gateways = withGateways()

const item = (n: number, name = `Item ${n} “ü”`) =>
  itemSchema.parse({ itemId: `I${n}`, name, barcodes: [`4${n}`], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
const write = (db: Database, count: number, name?: (n: number) => string) =>
  db.transaction().execute((trx) =>
    writeFeed(
      trx,
      'items',
      '*',
      Array.from({ length: count }, (_, n) => item(n, name?.(n))),
    ),
  )
const begin = (db: Database, epoch = 'aaaabbbbcccc') => db.insertInto('hub_epoch').values({ epoch, reason: 'test', system: '1' }).execute()
const ask = (after: number, limit = 100): PageRequest => ({ feed: 'items', scope: '*', after, limit, maxBytes: 1_000_000 })

it('[TRN6] [PRC5] requests that come together are answered each with its own page, and each page says whether there is more', async () => {
  const { db } = await server.fresh()
  await write(db, 300)
  let alone = 0
  const reader = createFeedReader(db, (work) => {
    alone += 1
    return work()
  })
  const afters = [0, 100, 250, 299, 300]
  const pages = await Promise.all([
    ...afters.map((after) => reader.read(ask(after))),
    reader.read({ ...ask(0), feed: 'prices', scope: 'S9' }),
  ])
  expect(pages.map(({ entries, checkpoint, more }) => [entries.length, checkpoint, more])).toEqual([
    [100, 100, true],
    [100, 200, true],
    [50, 300, false],
    [1, 300, false],
    [0, 300, false],
    [0, 0, false],
  ])
  expect(alone).toBe(2)
  expect(pages[3]?.entries.map((text) => feedEntrySchema.parse(JSON.parse(text)))).toEqual([
    { id: 'I299', checkpoint: 300, deleted: false, document: item(299) },
  ])
  const bytes = Buffer.byteLength(pages[0]?.entries[0] ?? '')
  const cut = await reader.read({ ...ask(0), maxBytes: bytes * 3 + 10 })
  expect([cut.entries.length, cut.checkpoint, cut.more]).toEqual([3, 3, true])
})

it('[TRN15] a page after more than the feed ever gave names the feed’s head, and every page the epoch', async () => {
  const { db } = await server.fresh()
  await write(db, 3)
  const reader = createFeedReader(db, (work) => work())
  expect(await reader.read(ask(8))).toMatchObject({ entries: [], checkpoint: 3, more: false, epoch: null })
  await begin(db)
  await begin(db, 'ddddeeeeffff')
  expect(await reader.read(ask(3))).toMatchObject({ entries: [], checkpoint: 3, epoch: 'ddddeeeeffff' })
})

it('[TRN12] [TRN13] a page that is worth it goes packed to whoever asks for it, and plain and without an epoch to an older agent', async () => {
  const database = await server.fresh()
  await begin(database.db)
  const device = await enrolModelDevice(database.db)
  await write(database.db, 2_000)
  const url = await gateways.start(database)
  const [newer, older] = [gateways.connect(url), gateways.connect(url)]
  await newer.hello(device, { protocolVersion: 3 })
  const answer = pulledPackedSchema.parse(await newer.send('pull', { feed: 'items', after: 0, limit: 1_500, packed: true }))
  expect(answer).toMatchObject({ checkpoint: 1_500, more: true, epoch: 'aaaabbbbcccc' })
  const entries = feedEntrySchema.array().parse(JSON.parse(inflateRawSync(answer.bytes).toString()))
  expect(entries.map((entry) => entry.document)).toEqual(Array.from({ length: 1_500 }, (_, n) => item(n)))
  expect(answer.bytes.length).toBeLessThan(60_000)
  expect(pulledSchema.parse(await newer.send('pull', { feed: 'items', after: 1_999, limit: 10, packed: true }))).toMatchObject({
    outcome: 'pulled',
    epoch: 'aaaabbbbcccc',
  })
  await older.hello({ ...device, incarnation: 'bbbbbbbbbbbb', hello: device.hello }, { protocolVersion: 2 })
  const plain = await older.send('pull', { feed: 'items', after: 0, limit: 3 })
  expect(plain).toEqual({ outcome: 'pulled', checkpoint: 3, more: true, entries: entries.slice(0, 3) })
})

it('[TRN13] a page keeps its bounds in bytes both as it is and packed', async () => {
  const database = await server.fresh()
  await begin(database.db)
  const device = await enrolModelDevice(database.db)
  // Two thousand documents of 2,000 random digits do not shrink to a megabyte.
  await sql`insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select 'items', '*', 'I' || n, n, json_build_object('noise', (select string_agg(md5(n::text || m), '') from generate_series(1, 62) m))::text
    from generate_series(1, 2000) n`.execute(database.db)
  await sql`insert into feed_head (feed, scope, checkpoint) values ('items', '*', 2000)`.execute(database.db)
  const client = gateways.connect(await gateways.start(database))
  await client.hello(device, { protocolVersion: 3 })
  const seen: number[] = []
  for (let after = 0, more = true; more;) {
    const answer = pulledPackedSchema.parse(await client.send('pull', { feed: 'items', after, limit: 2_000, packed: true }))
    const text = inflateRawSync(answer.bytes)
    expect(text.length).toBeLessThanOrEqual(packedLimits.maxInflatedBytes)
    seen.push(
      ...feedEntrySchema
        .array()
        .parse(JSON.parse(text.toString()))
        .map((entry) => entry.checkpoint),
    )
    expect(seen.at(-1)).toBe(answer.checkpoint)
    ;({ checkpoint: after, more } = answer)
  }
  expect(seen).toEqual(Array.from({ length: 2_000 }, (_, n) => n + 1))
})
