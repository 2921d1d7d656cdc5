import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '#main/agent-log.ts'
import { type Capture, openCapture } from '#main/capture.ts'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { openQuarantine } from '#main/quarantine.ts'
import type { CrossCheck } from '#main/taps/cross-check.ts'
import { openCrossCheck } from '#main/taps/open-cross-check.ts'
import { storeExceptionSchema, type StoreException } from '#sync/contract/store-exception.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { saleOf } from '#test/fixtures/transactions.ts'

const graceMinutes = 15
const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }

describe('two sources of one till', () => {
  let dataDir: string
  let disk: MemoryDisk
  let journal: Journal
  let capture: Capture
  let crossCheck: CrossCheck
  let nowMs: number

  const start = async (): Promise<void> => {
    const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
    journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
    const clock = { nowMs: () => nowMs, after: () => () => undefined }
    crossCheck = await openCrossCheck({ dataDir, journal, graceMinutes, clock, nowMs: Date.now(), log: silentLog })
    capture = await openCapture({ journal, quarantine: await openQuarantine('/q', disk), identity, crossCheck })
  }
  const stop = async (): Promise<void> => {
    await crossCheck.close()
    await journal.close()
  }
  beforeEach(async () => {
    nowMs = 0
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-taps-'))
    disk = createMemoryDisk(seededRandom(1))
    await start()
  })
  afterEach(async () => {
    await stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  const say = async (tap: string, ...sales: Transaction[]): Promise<string[]> => {
    const bytes = new TextEncoder().encode(JSON.stringify(sales))
    return (await capture.take({ bytes, source: tap, tap })).map(({ outcome }) => outcome)
  }
  const pass = async (minutes: number): Promise<void> => {
    await crossCheck.check()
    nowMs += minutes * 60_000
    await crossCheck.check()
  }
  const kinds = async (): Promise<string[]> => (await journal.read(0, 10_000)).map((r) => r.kind)
  const exceptions = async (): Promise<StoreException[]> =>
    (await journal.read(0, 10_000)).filter((r) => r.kind === 'exception').map((r) => storeExceptionSchema.parse(JSON.parse(r.payload)))

  it('[CAP26] a disk that takes no sightings costs no sale, and what was seen is written when it takes them again', async () => {
    await rm(join(dataDir, 'taps'), { recursive: true })
    expect(await say('http', saleOf(1))).toEqual(['captured'])
    expect(await say('http', saleOf(1))).toEqual(['duplicate'])
    await expect(crossCheck.sync('http')).rejects.toThrow('ENOENT')
    await mkdir(join(dataDir, 'taps'))
    expect(await say('http', saleOf(2))).toEqual(['captured'])
    await crossCheck.sync('http')
    const [file = ''] = await readdir(join(dataDir, 'taps'))
    const seen = (await readFile(join(dataDir, 'taps', file), 'utf8')).split('\n').filter((line) => line !== '')
    expect(seen.map((line) => (JSON.parse(line) as unknown[])[2])).toEqual([1, 1, 2])
  })

  it('[CAP26] the same sale in two dialects counts once', async () => {
    expect(await say('http', saleOf(1))).toEqual(['captured'])
    expect(await say('database pos', saleOf(1, { operatorId: 'x', endedAt: '2026-01-31T08:15:00Z' }))).toEqual(['duplicate'])
    expect(await kinds()).toEqual(['transaction'])
  })

  it('[CAP6] [CAP26] what differs is kept, and told once with both sources and what it is, also after a restart', async () => {
    const other = saleOf(1, { totals: { netMinor: 240, taxMinor: 60, grandMinor: 400 } })
    await say('http', saleOf(1))
    expect(await say('database pos', other)).toEqual(['conflict'])
    await stop()
    await start()
    expect(await say('database pos', other)).toEqual(['conflict'])
    expect(await kinds()).toEqual(['transaction', 'conflict', 'exception'])
    expect(await exceptions()).toMatchObject([
      {
        exceptionId: 'SOURCES_DIFFER:34|2026-01-31|1',
        state: 'open',
        message: expect.stringContaining('the total is 3.00 USD from http and 4.00 USD from database pos') as string,
        workstationId: '34',
        sequenceNumber: 1,
        recordIds: [expect.stringMatching(/:1$/), expect.stringMatching(/:2$/)],
      },
    ])
  })

  it('[CAP6] [CAP26] one source alone that says something else is a conflict as ever, and no difference of sources', async () => {
    await say('http', saleOf(1))
    expect(await say('http', saleOf(1, { operatorId: 'x' }))).toEqual(['conflict'])
    expect(await kinds()).toEqual(['transaction', 'conflict'])
  })

  it('[CAP26] a number that a source passed by is told after the grace time, and ends by itself when it comes', async () => {
    await say('http', saleOf(1), saleOf(2), saleOf(3))
    await say('database pos', saleOf(1))
    await pass(graceMinutes + 1)
    expect(await exceptions()).toEqual([])
    await say('database pos', saleOf(3))
    await pass(graceMinutes - 1)
    expect(await exceptions()).toEqual([])
    await pass(1)
    await pass(60)
    expect(await exceptions()).toMatchObject([
      { state: 'open', sequenceNumber: 2, message: expect.stringContaining('came from http and not from database pos') as string },
    ])
    await stop()
    await start()
    await pass(60)
    await say('database pos', saleOf(2))
    await pass(0)
    expect((await exceptions()).map(({ state }) => state)).toEqual(['open', 'resolved'])
  })

  it('[CAP26] a source is not held to what came before it, to workstations it never names, and to what carries no goods and no money', async () => {
    const empty = { lineItems: [], tenders: [], taxes: [], totals: { netMinor: 0, taxMinor: 0, grandMinor: 0 } }
    await say('http', saleOf(1), saleOf(2), saleOf(4, { kind: 'no-sale', ...empty }), saleOf(1, { workstationId: '99' }))
    await say('database pos', saleOf(3), saleOf(5))
    await say('http', saleOf(3), saleOf(5))
    await pass(60)
    expect(await exceptions()).toEqual([])
  })

  it('[CAP26] what a power cut took of the HTTP doors’ last words is not held against them', async () => {
    for (const n of [1, 2, 3]) await say('http', saleOf(n))
    await stop()
    const [file = ''] = await readdir(join(dataDir, 'taps'))
    const lines = await readFile(join(dataDir, 'taps', file), 'utf8')
    await writeFile(join(dataDir, 'taps', file), lines.slice(0, lines.indexOf('\n') + 5))
    await start()
    await say('database pos', saleOf(1), saleOf(2), saleOf(3))
    await say('http', saleOf(4))
    await pass(graceMinutes)
    expect(await exceptions()).toEqual([])
  })

  it.each(Array.from({ length: 40 }, (_, n) => n + 1))(
    '[CAP26] any interleaving with crashes: each sale once, each true difference one exception, and no other (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const roll = (sides: number): number => Math.floor(random() * sides)
      const count = 30
      const numbers = Array.from({ length: count }, (_, n) => n + 1)
      const inner = numbers.slice(1, -1)
      const lost = new Set(inner.filter(() => roll(8) === 0))
      const altered = new Set(inner.filter((n) => !lost.has(n) && roll(8) === 0))
      const taps = { http: numbers, 'database pos': numbers.filter((n) => !lost.has(n)) }
      const place = { http: 0, 'database pos': 0 }
      const versionOf = (tap: string, n: number): Transaction =>
        tap === 'http'
          ? saleOf(n)
          : saleOf(n, altered.has(n) ? { totals: { netMinor: 240, taxMinor: 60, grandMinor: 301 } } : { operatorId: 'pos' })
      let crashes = 0
      while (place.http < taps.http.length || place['database pos'] < taps['database pos'].length) {
        const tap = roll(2) === 0 ? 'http' : 'database pos'
        const some = taps[tap].slice(place[tap], place[tap] + 1 + roll(3))
        // A crash may come while the sales are taken: the source hears nothing and says them again.
        const crash = roll(6) === 0
        if (crash) disk.fault = (operation) => (operation === 'sync' && roll(2) === 0 ? 'EIO' : null)
        const told = await say(tap, ...some.map((n) => versionOf(tap, n))).catch(() => null)
        disk.fault = () => null
        if (told && !(crash && roll(2) === 0)) place[tap] += some.length
        if (crash) {
          crashes += 1
          await stop()
          await start()
        }
        if (roll(4) === 0) await crossCheck.check()
      }
      await pass(graceMinutes)
      await pass(graceMinutes)
      const records = await journal.read(0, 10_000)
      const sold = records.filter((r) => r.kind === 'transaction').map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)
      expect(sold.toSorted((a, b) => a - b)).toEqual(numbers)
      const told = await exceptions()
      expect(told.every(({ state }) => state === 'open')).toBe(true)
      expect(told.map(({ sequenceNumber }) => sequenceNumber).toSorted((a, b) => Number(a) - Number(b))).toEqual(
        [...lost, ...altered].toSorted((a, b) => a - b),
      )
      expect(records.filter((r) => r.kind === 'conflict')).toHaveLength(altered.size)
      expect(crashes + lost.size + altered.size).toBeGreaterThan(3)
    },
  )
})
