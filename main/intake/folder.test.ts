import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import type { Clock } from '#sync/core/ports.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { silentLog } from '../agent-log.ts'
import { openCapture } from '../capture.ts'
import { type Journal, openJournal } from '../journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '../journal/memory-disk.ts'
import { openQuarantine } from '../quarantine.ts'
import { createCaptureState } from '../capture-state.ts'
import { openFileProgress } from './file-progress.ts'
import type { FileReport } from './folder-report.ts'
import { type FolderIntake, startFolderIntake } from './folder.ts'

/** Time stands still until the test moves it; nothing runs by itself. */
const createManualClock = () => {
  let nowMs = 1_000_000
  const clock: Clock = { nowMs: () => nowMs, after: () => () => undefined }
  return { clock, pass: (ms: number) => void (nowMs += ms) }
}

describe('watched folder', () => {
  let dir: string
  let disk: MemoryDisk
  let journal: Journal
  let folder: FolderIntake
  let time: ReturnType<typeof createManualClock>
  let beforeLeaving: () => Promise<void>

  const parts = async () => ({
    progress: await openFileProgress(`${dir}-progress`, Date.now(), journal),
    journalSeq: async () => (await journal.head()).seq,
    beforeLeaving: () => beforeLeaving(),
    state: createCaptureState(),
    clock: time.clock,
  })
  const start = async (smallFileBytes = 2_000_000): Promise<void> => {
    const quarantine = await openQuarantine('/q', disk)
    const capture = await openCapture({
      journal,
      quarantine,
      identity: { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' },
    })
    folder = await startFolderIntake({
      dir,
      settleMs: 300,
      maxFileBytes: 100_000,
      smallFileBytes,
      giveUpMs: 5_000,
      capture,
      ...(await parts()),
      log: silentLog,
    })
    await folder.sweep()
  }
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tideline-folder-'))
    disk = createMemoryDisk(seededRandom(1))
    journal = await openJournal({
      dir: '/j',
      deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'),
      disk,
      random: seededRandom(1),
      lock: async () => async () => undefined,
    })
    time = createManualClock()
    beforeLeaving = async () => undefined
  })
  afterEach(async () => {
    await folder.close()
    for (const left of [dir, `${dir}-progress`]) await rm(left, { recursive: true, force: true })
  })

  const put = (name: string, content: string): Promise<void> => writeFile(join(dir, name), content)
  const settle = async (ms = 300): Promise<void> => {
    await folder.sweep()
    time.pass(ms)
    await folder.sweep()
  }
  const inFolder = async (): Promise<string[]> =>
    (await readdir(dir, { withFileTypes: true }))
      .filter((e) => !e.isDirectory())
      .map((e) => e.name)
      .sort()
  const done = async (): Promise<string[]> => (await readdir(join(dir, 'done'))).sort()
  const rejected = async (): Promise<string[]> => (await readdir(join(dir, 'rejected'))).sort()
  const reasons = async (name: string): Promise<FileReport> =>
    JSON.parse(await readFile(join(dir, 'rejected', `${name}.reason.json`), 'utf8')) as FileReport
  const sequenceNumbers = async (): Promise<number[]> =>
    (await journal.read(0, 1_000)).filter((r) => r.kind === 'transaction').map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)

  it('takes files that are there at the start, and those that come', async () => {
    await put('a.xml', poslogDocument([saleOf(1), saleOf(2)]))
    await start()
    await put('b.json', JSON.stringify(saleOf(3)))
    await settle()
    expect(await sequenceNumbers()).toEqual([1, 2, 3])
    expect([await inFolder(), await done()]).toEqual([[], ['a.xml', 'b.json']])
  })

  it('[CAP18] a receipt that does not add up keeps no file back, and is named in the report of one that is set aside', async () => {
    const short = saleOf(2, { tenders: [] })
    await put('short.json', JSON.stringify([saleOf(1), short]))
    await start()
    await settle()
    expect([await done(), await sequenceNumbers()]).toEqual([['short.json'], [1, 2]])
    await put(
      'faulty.json',
      JSON.stringify([
        { ...short, sequenceNumber: 3 },
        { ...short, sequenceNumber: 'four' },
      ]),
    )
    await settle()
    const report = await reasons('faulty.json')
    expect(report).toMatchObject({
      summary: expect.stringMatching(/^1 captured with 1 warning, 0 known already, 1 set aside/),
      problems: [{ code: 'INVALID' }],
      warnings: [{ code: 'DOES_NOT_ADD_UP', recordId: expect.stringMatching(/:3$/) }],
      furtherWarnings: 0,
    })
    expect(report.warnings[0]?.message).toContain('total 3.00 USD, lines 3.00 USD, net and tax 3.00 USD, tenders 0.00 USD')
  })

  it.each([
    ['a small file', 2_000_000, saleOf(1)],
    ['a large file', 100, saleOf(1)],
    ['a rejected one', 2_000_000, { ...saleOf(1), kind: 'nonsense' }],
  ])('[CAP9] %s that is replaced while it is taken does not leave unread', async (_, smallFileBytes, first) => {
    await start(smallFileBytes)
    beforeLeaving = async () => {
      beforeLeaving = async () => undefined
      await writeFile(join(dir, '.new'), JSON.stringify([saleOf(2), saleOf(3)]))
      await rename(join(dir, '.new'), join(dir, 'a.json'))
    }
    await put('a.json', JSON.stringify(first))
    await settle()
    expect([await inFolder(), await done(), await rejected()]).toEqual([['a.json'], [], []])
    await settle()
    expect((await sequenceNumbers()).filter((n) => n > 1)).toEqual([2, 3])
    expect([await inFolder(), await done(), await rejected()]).toEqual([[], ['a.json'], []])
  })

  it('[CAP7] a file that cannot be moved is tried with growing pauses, and holds up no other', async () => {
    await start()
    let tried = 0
    beforeLeaving = async () => {
      tried += 1
      throw new Error('the folder is not there')
    }
    await put('a.json', JSON.stringify(saleOf(1)))
    for (let second = 0; second < 120; second += 1) await settle(1_000)
    expect(tried).toBeLessThan(10)
    beforeLeaving = async () => undefined
    await put('b.json', JSON.stringify(saleOf(2)))
    await settle()
    expect(await done()).toEqual(['b.json'])
    await settle(60_000)
    expect([await done(), await sequenceNumbers()]).toEqual([
      ['a.json', 'b.json'],
      [1, 2],
    ])
  })

  it('[CAP9] never takes a file that still grows, however its writer pauses', async () => {
    await start()
    const text = poslogDocument([saleOf(1), saleOf(2), saleOf(3)])
    for (let at = 0; at < text.length; at += 500) {
      await appendFile(join(dir, 'day.xml'), text.slice(at, at + 500))
      await settle(1_000)
      if (at + 500 < text.trimEnd().length) expect(await sequenceNumbers()).toEqual([])
    }
    expect(await sequenceNumbers()).toEqual([1, 2, 3])
    expect(await done()).toEqual(['day.xml'])
  })

  it('[CAP9] waits until a file is still, even when it already ends properly', async () => {
    await start()
    await put('a.json', JSON.stringify(saleOf(1)))
    await folder.sweep()
    time.pass(200)
    await put('a.json', JSON.stringify([saleOf(1), saleOf(2)]))
    await folder.sweep()
    time.pass(200)
    await folder.sweep()
    expect(await sequenceNumbers()).toEqual([])
    time.pass(100)
    await folder.sweep()
    expect(await sequenceNumbers()).toEqual([1, 2])
  })

  it('[CAP7] [CAP9] a file that stays unfinished gives up what is whole, and is set aside with the reason', async () => {
    await start()
    await put('cut.xml', poslogDocument([saleOf(1), saleOf(2)]).slice(0, -200))
    await settle(4_000)
    expect(await inFolder()).toEqual(['cut.xml'])
    time.pass(1_000)
    await folder.sweep()
    expect(await sequenceNumbers()).toEqual([1])
    expect(await rejected()).toEqual(['cut.xml', 'cut.xml.reason.json'])
    expect(await reasons('cut.xml')).toMatchObject({
      captured: 1,
      problems: [{ code: 'MALFORMED', where: expect.stringMatching(/^line \d+/) as string }],
    })
  })

  it('[CAP7] takes the good ones of a partly bad file, and names transaction and line of the bad', async () => {
    await start()
    const text = poslogDocument([saleOf(1), saleOf(2), saleOf(3)]).replace(
      '<SequenceNumber>2</SequenceNumber>\n',
      '<SequenceNumber>two</SequenceNumber>\n',
    )
    const line = text.slice(0, text.indexOf('two')).split('\n').length
    await put('mixed.xml', text)
    await settle()
    expect(await sequenceNumbers()).toEqual([1, 3])
    expect((await reasons('mixed.xml')).problems).toMatchObject([
      { code: 'INVALID', message: 'sequenceNumber: "two" is not a whole number', where: `transaction 2, line ${line}` },
    ])
  })

  it('[CAP5] a crash between the records and the move makes duplicates only', async () => {
    await start()
    await put('a.json', JSON.stringify(saleOf(1)))
    await settle()
    await rename(join(dir, 'done', 'a.json'), join(dir, 'a.json'))
    await folder.close()
    await start()
    await settle()
    expect(await sequenceNumbers()).toEqual([1])
    expect(await done()).toEqual(['a.json'])
  })

  it('[CAP1] keeps the file where it is while the journal cannot be written', async () => {
    await start()
    disk.fault = (operation) => (operation === 'sync' ? 'ENOSPC' : null)
    await put('a.json', JSON.stringify(saleOf(1)))
    await settle()
    expect(await inFolder()).toEqual(['a.json'])
    disk.fault = () => null
    time.pass(2_000)
    await folder.sweep()
    expect(await done()).toEqual(['a.json'])
    expect(await sequenceNumbers()).toEqual([1])
  })

  it('never replaces a file that left before', async () => {
    await start()
    for (const n of [1, 2, 3]) {
      await put('sale.json', JSON.stringify(saleOf(n)))
      await settle()
      await put('bad.json', `{${n}`)
      await settle(5_000)
    }
    expect(await done()).toEqual(['sale.json', 'sale~2.json', 'sale~3.json'])
    expect((await rejected()).filter((name) => !name.endsWith('.reason.json'))).toEqual(['bad.json', 'bad~2.json', 'bad~3.json'])
    expect(await reasons('bad~3.json')).toMatchObject({ file: 'bad.json' })
  })

  it('leaves alone what is not meant for it: passing names, hidden files, folders, links', async () => {
    const elsewhere = join(dir, '..', `${dir.split('/').at(-1)}-elsewhere.json`)
    await writeFile(elsewhere, JSON.stringify(saleOf(9)))
    await symlink(elsewhere, join(dir, 'link.json'))
    await mkdir(join(dir, 'sub'))
    for (const name of ['a.tmp', 'b.part', '.hidden.json', 'c.json~']) await put(name, JSON.stringify(saleOf(1)))
    await start()
    await settle(60_000)
    await rm(elsewhere)
    expect(await sequenceNumbers()).toEqual([])
    expect(await inFolder()).toEqual(['.hidden.json', 'a.tmp', 'b.part', 'c.json~', 'link.json'])
    await rename(join(dir, 'a.tmp'), join(dir, 'a.json'))
    await settle()
    expect(await sequenceNumbers()).toEqual([1])
  })

  it('goes on when the folder is deleted and comes back, without its subfolders', async () => {
    await start()
    await put('a.json', JSON.stringify(saleOf(1)))
    await folder.sweep()
    await rm(dir, { recursive: true })
    await settle()
    await put('b.json', JSON.stringify(saleOf(2)))
    await settle()
    await rm(join(dir, 'done'), { recursive: true })
    await put('c.json', JSON.stringify(saleOf(3)))
    await settle()
    expect(await sequenceNumbers()).toEqual([2, 3])
    expect([await inFolder(), await done()]).toEqual([[], ['c.json']])
  })

  it('[CAP7] takes any name, and moves the longest ones under a shorter name', async () => {
    await start()
    const names = ['new\nline.json', 'ünïcödé 😀.json', `${'l'.repeat(250)}.json`, `${'é'.repeat(125)}.json`]
    for (const [n, name] of names.entries()) await put(name, JSON.stringify(saleOf(n)))
    await put(`bad${'l'.repeat(247)}.json`, '{oops')
    await settle(5_000)
    expect(await inFolder()).toEqual([])
    expect((await sequenceNumbers()).toSorted()).toEqual([0, 1, 2, 3])
    expect(await done()).toHaveLength(4)
    expect(await rejected()).toEqual([`bad${'l'.repeat(192)}.json`, `bad${'l'.repeat(192)}.json.reason.json`])
  })

  it('[CAP11] sets a file over the limit aside unread, and keeps it whole', async () => {
    await start()
    await put('huge.json', JSON.stringify([saleOf(1)]).padEnd(100_001))
    await settle()
    expect(await sequenceNumbers()).toEqual([])
    expect(await reasons('huge.json')).toMatchObject({ problems: [{ code: 'TOO_LARGE' }] })
  })

  it('takes what comes without being asked to look: events and timers', async () => {
    const { after } = {
      after: (delayMs: number, callback: () => void) => {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    }
    time = { clock: { nowMs: () => performance.now(), after }, pass: () => undefined }
    const quarantine = await openQuarantine('/q', disk)
    const capture = await openCapture({
      journal,
      quarantine,
      identity: { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' },
    })
    folder = await startFolderIntake({ dir, settleMs: 20, maxFileBytes: 100_000, capture, ...(await parts()), log: silentLog })
    await put('a.json', JSON.stringify(saleOf(1)))
    await vi.waitFor(async () => expect(await done()).toEqual(['a.json']), { timeout: 5_000, interval: 10 })
    expect(await sequenceNumbers()).toEqual([1])
  })
})
