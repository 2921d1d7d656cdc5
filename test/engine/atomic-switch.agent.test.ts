/** What the hub changed at once, tills see at once: with the engine killed before every write of it, and the hub changing while it is read. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feedGroupOf, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import type { PluEntry } from '#sync/contract/ipc.ts'
import { createMortalStorage, type MortalStorage } from './mortal-storage.ts'
import type { ScriptedHub } from './scripted-hub.ts'
import { StoreRig } from './store-rig.ts'

const everywhere = Array.from({ length: 3_000 }, (_, n) => `I${n}`)
const renamed = everywhere.slice(0, 40)
const switched = everywhere.slice(40, 60)
const catalogue = ['items', 'prices', 'assortment'] as const

type Documents = Partial<Record<FeedName, Record<string, unknown>>>

const itemOf = (itemId: string, version: number) => ({
  ...{ itemId, name: `version ${version}`, barcodes: [itemId.replace('I', '40')], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 },
})
const priceOf = (itemId: string, version: number) => ({
  ...{ priceId: `${itemId}-a`, itemId, storeId: 'S1', amountMinor: 1_000 + version, currency: 'EUR' },
  effectiveFrom: '2026-01-01T00:00:00.000Z',
})
const isListed = (itemId: string, version: number): boolean => !switched.includes(itemId) || version % 2 === 0

const documentsOf = (version: number, itemIds: readonly string[], listed: readonly string[]): Documents => ({
  items: Object.fromEntries(itemIds.map((id) => [id, itemOf(id, version)])),
  prices: Object.fromEntries(everywhere.map((id) => [`${id}-a`, priceOf(id, version)])),
  assortment: Object.fromEntries(listed.map((id) => [id, { storeId: 'S1', itemId: id, listed: isListed(id, version) }])),
})

const headOf = (hub: ScriptedHub, feed: FeedName): number => Math.max(0, ...(hub.feeds.get(feed) ?? []).map((entry) => entry.checkpoint))

/** As one transaction of the hub. */
const commit = (hub: ScriptedHub, documents: Documents): void => {
  const changed = Object.entries(documents) as [FeedName, Record<string, unknown>][]
  for (const [feed, changes] of changed) {
    const kept: FeedEntry[] = (hub.feeds.get(feed) ?? []).filter(({ id }) => !(id in changes))
    let checkpoint = Math.max(0, ...(hub.feeds.get(feed) ?? []).map((entry) => entry.checkpoint))
    const added = Object.entries(changes).map(([id, document]) => ({ id, checkpoint: (checkpoint += 1), deleted: false, document }))
    hub.feeds.set(feed, [...kept, ...added])
  }
  for (const [feed, changes] of changed) {
    const entries = (hub.feeds.get(feed) ?? []).slice(-Object.keys(changes).length)
    const [first, last] = [entries[0]?.checkpoint ?? 0, entries.at(-1)?.checkpoint ?? 0]
    // What is little comes along.
    const isLittle = entries.length > 0 && entries.length <= 50
    const beside = feedGroupOf(feed)
      .filter((other) => other !== feed)
      .map((other) => ({ feed: other, checkpoint: headOf(hub, other) }))
    hub.push('poke', { feed, ...(isLittle ? { news: { after: first - 1, checkpoint: last, entries, epoch: hub.epoch, beside } } : {}) })
  }
}

/** Of an entry as tills see it, or of its absence: which version it is of; 0 where it could be of any. */
const versionOf = (itemId: string, entry: PluEntry | undefined, around: number): number => {
  if (!entry) return isListed(itemId, around) ? around + 1 : around
  const version = entry.price.amountMinor - 1_000
  const isWhole = isListed(itemId, version) && (!renamed.includes(itemId) || entry.item.name === `version ${version}`)
  return isWhole ? version : Number.NaN
}

describe('a change of 3,000 prices, items and assortment', () => {
  let rig: StoreRig
  let mortal: MortalStorage
  const till = new Map<string, PluEntry>()
  let version: number
  const seen = new Set<string>()
  const faults: string[] = []

  const judge = (where: string, entries: ReadonlyMap<string, PluEntry>, itemIds: readonly string[]): void => {
    const versions = new Set(itemIds.map((id) => versionOf(id, entries.get(id), version)))
    seen.add(where)
    if (versions.size !== 1 || !(versions.has(version) || versions.has(version + 1)))
      faults.push(`${where} while ${version} becomes ${version + 1}: ${[...versions].join(', ')}`)
  }
  const sample = [...renamed.slice(0, 5), ...switched.slice(0, 5), 'I100', 'I999', 'I1000', 'I1999', 'I2000', 'I2999']
  const lookAll = async (): Promise<void> => {
    const found = await Promise.all(sample.map((id) => rig.engine.lookup(id.replace('I', '40'))))
    judge('look-up', new Map(found.flatMap((entry) => (entry ? [[entry.item.itemId, entry] as const] : []))), sample)
  }
  const takePublications = (): void => {
    for (const publication of rig.plu.splice(0)) {
      if (publication.kind === 'full') till.clear()
      for (const entry of publication.kind === 'full' ? publication.entries : publication.changed) till.set(entry.item.itemId, entry)
      if (publication.kind === 'delta') for (const id of publication.removed) till.delete(id)
      judge(publication.kind, till, everywhere)
    }
  }
  const pulls = { count: 0, at: Number.POSITIVE_INFINITY, run: (): void => undefined }

  beforeEach(async () => {
    mortal = createMortalStorage()
    rig = new StoreRig()
    rig.storage = mortal.storage
    const answer = rig.hub.answer.bind(rig.hub)
    rig.hub.answer = (event, message) => {
      if (event === 'pull' && (pulls.count += 1) === pulls.at) pulls.run()
      return answer(event, message)
    }
    version = 0
    for (const known of [till, seen]) known.clear()
    faults.length = 0
    commit(rig.hub, documentsOf(0, everywhere, everywhere))
    await rig.start()
    await rig.clock.until(() => rig.plu.length > 0, 'the first list')
    takePublications()
  })
  afterEach(() => rig.engine.close())

  const change = (): void => commit(rig.hub, documentsOf(version + 1, renamed, switched))
  const isThrough = async (): Promise<boolean> => {
    takePublications()
    await lookAll()
    return till.get('I0')?.price.amountMinor === 1_001 + version
  }

  it('[PRC6] is seen whole or not at all, whichever write the engine dies before', async () => {
    let deaths = 0
    for (let writes = 0, died = true; died; writes++) {
      mortal.onWrite = () => void lookAll()
      mortal.killAfter(writes)
      // In the middle of a round as often as before it.
      pulls.count = 0
      pulls.at = 1 + (writes % 3)
      pulls.run = change
      rig.hub.push('poke', { feed: catalogue[writes % 3] ?? 'items' })
      let through = false
      await rig.clock.until(async () => (through = await isThrough()) || mortal.isDead())
      died = !through
      if (died) deaths += 1
      mortal.onWrite = () => undefined
      rig.hub.up = false
      rig.hub.cut()
      await rig.engine.close()
      mortal.revive()
      await rig.start()
      await lookAll()
      rig.hub.up = true
      await rig.clock.until(isThrough, `version ${version + 1} after ${writes} writes`)
      version += 1
    }
    expect(faults).toEqual([])
    expect(deaths).toBeGreaterThan(12)
    expect([...seen].toSorted()).toEqual(['delta', 'full', 'look-up'])
  }, 60_000)

  it('[PRC6] is read again only until nothing is new: a hub at rest is not called restless', async () => {
    pulls.count = 0
    change()
    await rig.clock.until(isThrough)
    expect(pulls.count).toBeLessThan(20)
    expect(rig.logged).not.toContain('warn: the catalogue changes faster than it can be read')
  })

  it('[PRC6] comes through while the hub changes everything faster than it is read', async () => {
    let changes = 0
    let changesBefore = Number.NaN
    const restless = (n: number): Documents => ({
      items: { X: { ...itemOf('X', n), barcodes: [] } },
      prices: { 'X-a': priceOf('X', n) },
      assortment: { X: { storeId: 'S1', itemId: 'X', listed: true } },
    })
    pulls.run = () => {
      changes += 1
      if (rig.plu.length > 0 && Number.isNaN(changesBefore)) changesBefore = changes
      pulls.at = changes === 500 ? Number.POSITIVE_INFINITY : pulls.count + 1
      commit(rig.hub, restless(changes))
    }
    pulls.count = 0
    pulls.at = 1
    change()
    await rig.clock.until(isThrough)
    expect(changes).toBe(500)
    expect(changesBefore).toBeGreaterThan(20)
    expect(changesBefore).toBeLessThan(100)
    expect(rig.logged).toContain('warn: the catalogue changes faster than it can be read')
    expect(faults).toEqual([])
  })
})
