/** What a damaged journal lost comes back from the local database and the hub: the real engine, a journal that misses records. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { createRecovery } from '#sync/engine/recovery.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { MemoryJournal, saleText } from './records.ts'
import { ScriptedHub, type FetchFault } from './scripted-hub.ts'
import { StoreRig } from './store-rig.ts'
import { VirtualClock } from './virtual-clock.ts'

const kept = 10
const total = 30

let rig: StoreRig
let former: MemoryJournal

const lifeWith = (incarnation: string, records: readonly TidelineRecord[]): MemoryJournal => {
  const journal = new MemoryJournal(incarnation)
  for (const { payload, kind } of records) journal.append(payload, kind)
  return journal
}
const payloads = (records: readonly { payload: string }[]): string[] => records.map((r) => r.payload).toSorted()
const numbersFrom = (source: string): number[] => rig.keeper.restored.filter((r) => r.source === source).map((r) => r.seq)
const sequence = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** The local database has the former life up to `copied`; then its disk is damaged behind `kept`, and a new life goes on with the rest. */
const damageAfterCopying = async (copied: number): Promise<void> => {
  rig.hub.up = false
  for (let n = 1; n <= copied; n++) rig.journal.append(saleText(n))
  await rig.start()
  await rig.clock.until(() => rig.engine.status().headSeq === copied)
  await rig.engine.close()
  for (let n = copied + 1; n <= total; n++) former.append(saleText(n))
  rig.journal = lifeWith('bbbbbbbbbbbb', former.records.slice(0, kept))
  rig.keeper.lose(former.records.slice(kept))
}
const untilWhole = (): Promise<void> => rig.clock.until(async () => (await rig.keeper.missing()).length === 0, 'a whole journal')

beforeEach(() => {
  rig = new StoreRig()
  former = rig.journal
})
afterEach(() => rig.engine.close())

describe('recovery', () => {
  it('[JNL2] all that the journal lost comes back from the local database, with no hub, once each, and is sent once', async () => {
    await damageAfterCopying(total)
    await rig.start()
    await untilWhole()
    expect(numbersFrom('local-database')).toEqual(sequence(kept + 1, total))
    expect(payloads(rig.journal.records)).toEqual(payloads(former.records))
    rig.hub.up = true
    await rig.untilAcked(total)
    expect(payloads(rig.hub.log)).toEqual(payloads(former.records))
    await rig.restart()
    expect(rig.journal.records).toHaveLength(total)
    expect(rig.logged.filter((line) => line === 'info: records that the journal had lost came back')).toHaveLength(1)
  })

  it('[JNL2] what the local database lacks comes from the hub, page by page', async () => {
    await damageAfterCopying(20)
    rig.hub.formerLog.push(...former.records)
    rig.hub.fetchLimit = 4
    rig.hub.up = true
    await rig.start()
    await untilWhole()
    expect(numbersFrom('local-database')).toEqual(sequence(kept + 1, 20))
    expect(numbersFrom('hub')).toEqual(sequence(21, total))
    expect(rig.hub.fetches.map((f) => f.fromSeq)).toEqual([21, 25, 29])
    expect(payloads(rig.journal.records)).toEqual(payloads(former.records))
  })

  it('[JNL2] what nobody has is named once, and what the hub has of it is taken', async () => {
    await damageAfterCopying(kept)
    rig.hub.formerLog.push(...former.records.slice(0, 25))
    rig.hub.up = true
    await rig.start()
    await rig.clock.until(() => rig.logged.includes('warn: nobody has records that the journal lost'))
    expect(numbersFrom('hub')).toEqual(sequence(kept + 1, 25))
    expect(await rig.keeper.missing()).toEqual([{ incarnation: former.incarnation, fromSeq: 26, toSeq: total }])
    const fetches = rig.hub.fetches.length
    rig.hub.cut()
    await rig.clock.until(() => rig.hub.fetches.length > fetches)
    await rig.clock.advance(5_000)
    expect(rig.logged.filter((line) => line === 'warn: nobody has records that the journal lost')).toHaveLength(1)
  })

  it('[JNL2] a record that does not fit is refused and reported, and the one that fits is taken from the hub', async () => {
    await damageAfterCopying(total)
    const other = lifeWith(former.incarnation, [])
    for (let n = 1; n <= total; n++) other.append(saleText(n, n === 15 ? 'Altered' : 'Milk'))
    const wrong = other.records[14] as TidelineRecord
    await rig.withStore(async (store) => {
      const [doc] = await store.records.range(former.incarnation, 15, 1)
      if (!doc) throw new Error('not copied')
      await store.records.prune([doc.id])
      await store.records.insert([{ ...doc, record: wrong }])
    })
    rig.hub.formerLog.push(...former.records)
    rig.hub.up = true
    await rig.start()
    await untilWhole()
    expect(rig.keeper.refused).toEqual([{ source: 'local-database', seq: 15 }])
    expect(rig.logged).toContain('warn: records were found that do not fit the journal')
    expect(numbersFrom('hub')).toEqual([15])
    expect(payloads(rig.journal.records)).toEqual(payloads(former.records))
  })

  it('[JNL2] a hub that does not understand the question costs neither the line nor a sale, and is asked again', async () => {
    await damageAfterCopying(kept)
    rig.hub.formerLog.push(...former.records)
    rig.hub.fetchFaults.push('UNKNOWN_MESSAGE')
    rig.hub.up = true
    await rig.start()
    await rig.clock.until(() => rig.hub.fetches.length === 1)
    await rig.untilAcked(kept)
    expect(rig.hub.hellos).toBe(1)
    expect(rig.engine.status().link.state).toBe('online')
    await untilWhole()
    expect(rig.hub.hellos).toBe(1)
  })

  it('[JNL2] [TRN12] a hub too old to know the question is never asked, and loses nothing', async () => {
    await damageAfterCopying(kept)
    rig.hub.formerLog.push(...former.records)
    rig.hub.protocolVersion = 1
    rig.hub.up = true
    await rig.start()
    await rig.untilAcked(kept)
    await rig.clock.advance(300_000)
    expect(rig.hub.heard).not.toContain('fetch')
    expect(rig.hub.hellos).toBe(1)
    rig.hub.protocolVersion = 2
    rig.hub.cut()
    await untilWhole()
  })

  it('[JNL2] a question whose answer never comes is a lost line; it comes back, and is asked again', async () => {
    await damageAfterCopying(kept)
    rig.hub.formerLog.push(...former.records)
    rig.hub.fetchFaults.push('silent')
    rig.hub.up = true
    await rig.start()
    await untilWhole()
    expect(rig.hub.hellos).toBe(2)
  })

  it('[JNL2] an answer of the journal that is lost doubles nothing', async () => {
    await damageAfterCopying(total)
    rig.keeper.lostAnswers = 1
    await rig.start()
    await rig.clock.until(() => rig.logged.some((line) => line.startsWith('warn: what the journal lost could not be looked for')))
    await untilWhole()
    expect(payloads(rig.journal.records)).toEqual(payloads(former.records))
  })

  it('[JNL2] whatever was lost and whoever has it: it comes back once if anybody does, else it stays named', async () => {
    await rig.start()
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }))
    const faults = fc.array(fc.constantFrom<FetchFault>('UNKNOWN_MESSAGE', 'HUB_UNAVAILABLE', 'silent'), { maxLength: 4 })
    const scenario = fc.record({ lost: numbers, local: numbers, hub: numbers, faults, limit: fc.integer({ min: 1, max: 9 }) })
    const life = lifeWith('cccccccccccc', [])
    life.appendSales(60)
    const chosen = (of: readonly number[]): TidelineRecord[] => life.records.filter((r) => of.includes(r.seq))

    await fc.assert(
      fc.asyncProperty(scenario, async ({ lost, local, hub: atHub, faults: hubFaults, limit }) => {
        const present = new MemoryJournal('dddddddddddd')
        const keeper = new MemoryKeeper(() => present)
        keeper.lose(chosen(lost))
        const hub = new ScriptedHub()
        hub.formerLog.push(...chosen(atHub))
        hub.fetchFaults.push(...hubFaults)
        hub.fetchLimit = limit
        const clock = new VirtualClock('2026-03-02T10:00:00.000Z')
        const recovery = createRecovery({
          keeper,
          clock,
          records: {
            range: (_life, fromSeq, count) =>
              Promise.resolve(
                chosen(local)
                  .filter((r) => r.seq >= fromSeq && r.seq < fromSeq + count)
                  .map((record) => ({ id: '', kind: record.kind, record, tally: { transactions: 0, quarantined: 0 } })),
              ),
          },
          line: {
            state: () => ({ state: 'online', sinceMs: 0, attempt: 0 }),
            tryRequest: (event, request) => {
              const answer = hub.answer(event, request)
              return Promise.resolve(answer === 'silent' ? null : answer) as never
            },
          },
          log: () => undefined,
        })
        recovery.start()
        await clock.advance(600_000)
        await recovery.close()
        const findable = lost.filter((n) => local.includes(n) || atHub.includes(n))
        expect(keeper.restored.map((r) => r.seq).toSorted((a, b) => a - b)).toEqual(findable.toSorted((a, b) => a - b))
        const still = (await keeper.missing()).flatMap((r) => sequence(r.fromSeq, r.toSeq))
        expect(still).toEqual(lost.filter((n) => !findable.includes(n)).toSorted((a, b) => a - b))
      }),
      { numRuns: 60 },
    )
  })
})
