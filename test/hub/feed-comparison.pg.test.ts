/** Ranges of feeds by count and digest: the hub's SQL, and what an agent computes of the entries that it pulled, must say the same. */
import { createHash } from 'node:crypto'
import { writeFeed } from '#hub/catalogue/feed.ts'
import { answerCompareFeed } from '#hub/comparison/answer-compare-feed.ts'
import { answerPull } from '#hub/gateway/answer-pull.ts'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { feedEntryText } from '#sync/contract/comparison.ts'
import type { FeedEntry } from '#sync/contract/feed.ts'
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { upMessages } from '#sync/contract/up.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { contextOf, peerOf } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'

const server = withDatabase()

const item = (itemId: string, name: string) =>
  itemSchema.parse({ itemId, name, barcodes: ['4001', '4002'], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })

/** As an agent does it, from what it pulled. */
const digestOf = (entries: readonly FeedEntry[]): string =>
  entries
    .map((entry) => BigInt(`0x${createHash('sha256').update(feedEntryText(entry)).digest('hex').slice(0, 16)}`))
    .reduce((bits, each) => bits ^ each, 0n)
    .toString(16)
    .padStart(16, '0')

it('[TRN23] digests are over the entries as they are pulled, whatever characters they hold; deleted ones do not count', async () => {
  const { db } = await server.fresh()
  const peer = peerOf(await enrolModelDevice(db))
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 60 }), text), { selector: ([id]) => id, minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(12), { minLength: 2, maxLength: 16 }),
      fc.nat(5),
      async (items, bounds, deleted) => {
        await sql`truncate feed_head, feed_entry`.execute(db)
        await db.transaction().execute((trx) =>
          writeFeed(
            trx,
            'items',
            '*',
            items.map(([id, name]) => item(`I${id}`, name.slice(0, 200))),
          ),
        )
        await sql`update feed_entry set deleted = true where checkpoint = ${deleted}`.execute(db)
        const pulled = upMessages.pull.response.parse(await answerPull(contextOf(db), peer, { feed: 'items', after: 0, limit: 2_000 }))
        const entries = pulled.outcome === 'pulled' ? pulled.entries : []
        expect(entries).toHaveLength(items.length)
        // Ascending; every other stretch is left out.
        const points = bounds.map((_, index) => bounds.slice(0, index + 1).reduce((sum, step) => sum + step, 0))
        const ranges = points.flatMap((after, index) => (index % 2 === 0 ? [{ after, through: points[index + 1] ?? after }] : []))
        const compared = upMessages.compareFeed.response.parse(await answerCompareFeed(contextOf(db), peer, { feed: 'items', ranges }))
        const expected = ranges.map(({ after, through }) => {
          const within = entries.filter((entry) => entry.checkpoint > after && entry.checkpoint <= through && !entry.deleted)
          return { count: within.length, digest: digestOf(within) }
        })
        expect(compared).toEqual({ outcome: 'compared', ranges: expected })
      },
    ),
    { numRuns: 60 },
  )
})

it('[TRN8] [TRN23] a store compares its own scope alone; what is no comparison is refused', async () => {
  const { db } = await server.fresh()
  const [own, other] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  const settings = storeSettingsSchema.parse({ storeId: 'S2', name: 'Two', currency: 'EUR', timeZone: 'Europe/Berlin' })
  await db.transaction().execute((trx) => writeFeed(trx, 'settings', 'S2', [settings]))
  const compare = (device: typeof own, message: unknown) => answerCompareFeed(contextOf(db), peerOf(device), message)
  const ranges = [
    { after: 0, through: 99 },
    { after: 99, through: 0 },
  ]
  const [first, second] = [await compare(own, { feed: 'settings', ranges }), await compare(other, { feed: 'settings', ranges })]
  expect(first).toMatchObject({ ranges: [{ count: 1 }, { count: 0, digest: '0'.repeat(16) }] })
  expect(second).toMatchObject({ ranges: [{ count: 1 }, { count: 0 }] })
  expect(second).not.toEqual(first)
  for (const message of [
    null,
    { feed: 'secrets', ranges },
    { feed: 'items', ranges: [] },
    { feed: 'items', ranges: [{ after: -1, through: 0 }] },
  ])
    expect(await compare(own, message)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  const twice = [
    { after: 0, through: 9 },
    { after: 8, through: 12 },
  ]
  expect(await compare(own, { feed: 'items', ranges: twice })).toMatchObject({ outcome: 'refused', code: 'INVALID' })
})
