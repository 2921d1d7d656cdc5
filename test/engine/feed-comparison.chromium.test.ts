/** A whole catalogue compared by the shipped engine page in Chromium: what IndexedDB gives back has the very text that the hub wrote. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { FeedEntry } from '#sync/contract/feed.ts'
import { EnginePages } from './engine-page.ts'
import { MemoryAgent } from './memory-agent.ts'
import { Oversight } from './overseeing-hub.ts'
import { MemoryJournal } from './records.ts'
import { ScriptedHub } from './scripted-hub.ts'
import { serveScriptedHub } from './socket-hub.ts'
import { identity } from './store-rig.ts'

const items = 5_000
const waitMs = 60_000

/** Keys not in the schema's order, and texts that only survive whole. */
const entry = (n: number): FeedEntry => ({
  ...{ id: `I${n}`, checkpoint: n, deleted: false },
  document: {
    ...{ unit: 'each', taxRateMicro: 70_000, name: `Crème “brûlée” 🍮 ${n}\t\u2028`, itemId: `I${n}` },
    ...{ barcodes: [`${4_000_000 + n}`, `0${n}`], taxCode: 'A' },
  },
})

let pages: EnginePages
beforeAll(async () => {
  pages = await EnginePages.open()
})
afterAll(() => pages.close())

it('[TRN23] agrees after a first load, and finds one changed document among all of them', async () => {
  const hub = new ScriptedHub()
  const oversight = new Oversight(hub)
  hub.feeds.set(
    'items',
    Array.from({ length: items }, (_, i) => entry(i + 1)),
  )
  const server = await serveScriptedHub(hub)
  const journal = new MemoryJournal()
  const page = await pages.launch({
    ...{ journal, agent: new MemoryAgent(() => journal), sign: (text) => Promise.resolve(`signed-${text.length}`) },
    configuration: { hubUrl: server.url, identity, agentVersion: '0.1.0' },
  })
  const until = (holds: () => unknown): Promise<unknown> =>
    vi.waitFor(() => expect(holds()).toBeTruthy(), { timeout: waitMs, interval: 20 })
  try {
    await vi.waitFor(async () => expect(await page.count('items')).toBe(items), { timeout: waitMs, interval: 500 })
    await vi.waitFor(
      () => {
        if (oversight.comparedFeeds.length === 0) server.push('ask', { what: 'compare' })
        expect(oversight.comparedFeeds.length).toBeGreaterThan(0)
      },
      { timeout: waitMs, interval: 1_000 },
    )
    expect(oversight.comparedFeeds.map((c) => [c.feed, c.ranges.length])).toEqual([['items', 1]])
    expect(page.logged.filter((line) => line.includes('read again'))).toEqual([])

    const changed = { ...(entry(777).document as object), name: 'Another' }
    hub.feeds.set(
      'items',
      (hub.feeds.get('items') ?? []).map((each) => (each.id === 'I777' ? { ...each, document: changed } : each)),
    )
    server.push('ask', { what: 'compare' })
    await until(() => page.logged.some((line) => line.includes('read again')))
    await vi.waitFor(async () => expect((await page.rows('items')).find((row) => row['id'] === 'I777')?.['document']).toEqual(changed), {
      timeout: waitMs,
      interval: 1_000,
    })
    expect(page.logged.filter((line) => line.includes('read again'))).toHaveLength(1)
  } finally {
    await page.close()
    await server.close()
  }
})
