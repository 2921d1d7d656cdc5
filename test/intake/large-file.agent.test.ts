import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openCapture } from '#main/capture.ts'
import { createCaptureState } from '#main/capture-state.ts'
import { fileProgressSchema, openFileProgress } from '#main/intake/file-progress.ts'
import { type FolderIntake, startFolderIntake } from '#main/intake/folder.ts'
import type { FileReport } from '#main/intake/folder-report.ts'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { silentLog } from '#main/agent-log.ts'
import { agentConfigSchema } from '#sync/contract/config.ts'
import { quarantinePayloadSchema } from '#sync/contract/record.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'

const salesOf = (from: number, to: number): Transaction[] => Array.from({ length: to - from + 1 }, (_, n) => saleOf(from + n))
const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')

describe('a large file', () => {
  let root: string
  let disk: MemoryDisk
  let journal: Journal
  let folder: FolderIntake
  let nowMs: number
  let infos: string[]
  let starts = 0
  const state = createCaptureState()
  const dir = (): string => join(root, 'in')

  /** Everything over 1,000 bytes is large here. */
  const start = async (): Promise<void> => {
    starts += 1
    journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(starts), lock: async () => async () => undefined })
    const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }
    const capture = await openCapture({ journal, quarantine: await openQuarantine('/q', disk), identity })
    folder = await startFolderIntake({
      ...{ dir: dir(), settleMs: 300, giveUpMs: 5_000, maxFileBytes: 10_000_000, smallFileBytes: 1_000, state, capture },
      progress: await openFileProgress(join(root, 'progress'), Date.now(), journal),
      journalSeq: async () => (await journal.head()).seq,
      beforeLeaving: async () => undefined,
      clock: { nowMs: () => nowMs, after: () => () => undefined },
      log: { ...silentLog, info: (message) => void infos.push(message) },
    })
    await folder.sweep()
  }
  beforeEach(async () => {
    nowMs = 0
    infos = []
    root = await mkdtemp(join(tmpdir(), 'tideline-large-'))
    disk = createMemoryDisk(seededRandom(1))
    await mkdir(dir())
    await start()
  })
  afterEach(async () => {
    await folder.close()
    await journal.close()
    await rm(root, { recursive: true, force: true })
  })

  const put = (name: string, text: string): Promise<void> => writeFile(join(dir(), name), text)
  const settle = async (ms = 300): Promise<void> => {
    await folder.sweep()
    nowMs += ms
    await folder.sweep()
  }
  const numbers = async (): Promise<number[]> =>
    (await journal.read(0, 100_000))
      .filter((r) => r.kind === 'transaction')
      .map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)
  const reason = async (name: string): Promise<FileReport> =>
    JSON.parse(await readFile(join(dir(), 'rejected', `${name}.reason.json`), 'utf8')) as FileReport

  it('[CAP14] [CAP21] is taken in its order and in groups, and its progress is shown', async () => {
    const shown: number[] = []
    const stop = state.onChanged(() => shown.push(state.get().files[0]?.taken ?? -1))
    await put('day.xml', poslogDocument(salesOf(1, 900)))
    await settle()
    stop()
    expect(await numbers()).toEqual(salesOf(1, 900).map((sale) => sale.sequenceNumber))
    expect(await readdir(join(dir(), 'done'))).toEqual(['day.xml'])
    expect(shown.length).toBeGreaterThan(3)
    expect(shown.at(-1)).toBe(-1)
    expect(await readdir(join(root, 'progress'))).toEqual([])
    expect(infos.at(-1)).toMatch(/^file day\.xml: 900 captured, 0 known already, 0 set aside/)
  })

  it('[CAP7] [CAP21] keeps of a faulty transaction that part alone, and names all of them with their lines', async () => {
    const text = poslogDocument(salesOf(1, 300)).replace('<SequenceNumber>2</SequenceNumber>\n', '<SequenceNumber>two</SequenceNumber>\n')
    await put('day.xml', text)
    await settle()
    const report = await reason('day.xml')
    expect(report).toMatchObject({ captured: 299, duplicates: 0, conflicts: 0, quarantined: 1, furtherProblems: 0 })
    expect(report.problems).toMatchObject([{ code: 'INVALID', where: expect.stringMatching(/^transaction 2, line \d+/) as string }])
    const record = (await journal.read(0, 1_000)).find((r) => r.kind === 'quarantine')
    const payload = quarantinePayloadSchema.parse(JSON.parse(record?.payload ?? ''))
    expect(payload.sizeBytes).toBeLessThan(5_000)
    expect(new TextDecoder().decode((await disk.readWhole(`/q/${payload.contentHash}`)) ?? undefined)).toMatch(/two/)
  })

  it('[CAP9] [CAP21] an end that may still grow is not set aside, and what was taken before is not taken again', async () => {
    const text = JSON.stringify(salesOf(1, 600))
    await put('day.json', text.slice(0, -500))
    await settle()
    await settle(1_000)
    expect(await readdir(join(dir(), 'rejected'))).toEqual([])
    const before = await journal.read(0, 1_000)
    expect(before.length).toBeGreaterThan(200)
    expect(before.filter((r) => r.kind !== 'transaction')).toEqual([])
    await appendFile(join(dir(), 'day.json'), text.slice(-500))
    await settle()
    expect(await numbers()).toEqual(salesOf(1, 600).map((sale) => sale.sequenceNumber))
    expect(infos.at(-1)).toMatch(/600 captured, 0 known already/)
  })

  it('[CAP7] [CAP9] an end that stays unfinished is set aside in the end, and everything before it is taken', async () => {
    await put('day.xml', poslogDocument(salesOf(1, 600)).slice(0, -500))
    await settle()
    await settle(5_000)
    expect(await reason('day.xml')).toMatchObject({ captured: 599, quarantined: 1, problems: [{ code: 'MALFORMED' }] })
  })

  it('[CAP21] goes on after the journal could not be written, and counts each transaction once', async () => {
    await put('day.xml', poslogDocument(salesOf(1, 900)))
    let syncs = 0
    disk.fault = (operation) => (operation === 'sync' && (syncs += 1) === 3 ? 'EIO' : null)
    await settle()
    expect((await numbers()).length).toBeLessThan(900)
    await settle(2_000)
    expect((await numbers()).toSorted((a, b) => a - b)).toEqual(salesOf(1, 900).map((sale) => sale.sequenceNumber))
    expect(infos.at(-1)).toMatch(/900 captured, 0 known already/)
  })

  it('[CAP13] [CAP21] is taken from its start when the journal lost what was taken of it', async () => {
    const text = JSON.stringify(salesOf(1, 900))
    await put('day.json', text.slice(0, -500))
    await settle()
    expect((await numbers()).length).toBeGreaterThan(500)
    await folder.close()
    await journal.close()
    for (const path of disk.paths.filter((one) => one.startsWith('/j/'))) await disk.remove(path)
    await start()
    await appendFile(join(dir(), 'day.json'), text.slice(-500))
    await settle()
    expect((await numbers()).toSorted((a, b) => a - b)).toEqual(salesOf(1, 900).map((sale) => sale.sequenceNumber))
  })

  it('[CAP21] progress of another file of the same name is no reason to leave anything out', async () => {
    await put('day.json', JSON.stringify(salesOf(1, 900)).slice(0, -500))
    await settle()
    expect((await numbers()).length).toBeGreaterThan(500)
    await put('.other', JSON.stringify(salesOf(2_001, 2_900)))
    await rename(join(dir(), '.other'), join(dir(), 'day.json'))
    await settle()
    const taken = new Set(await numbers())
    expect(salesOf(2_001, 2_900).filter((sale) => !taken.has(sale.sequenceNumber))).toEqual([])
    expect(infos.at(-1)).toMatch(/900 captured, 0 known already/)
  })
})

describe('a large file and a killed agent', () => {
  let root: string
  let child: ChildProcess | undefined
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'tideline-kill-'))))
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await rm(root, { recursive: true, force: true })
  })

  const config = () => ({
    dataDir: root,
    hubUrl: 'http://127.0.0.1:1',
    http: { port: 0 },
    watch: { dir: join(root, 'in'), settleMs: 10 },
  })
  const startAgent = async (): Promise<void> => {
    child = spawn(process.execPath, ['test/intake/agent-child.ts', JSON.stringify(agentConfigSchema.parse(config()))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  }
  const kill = async (): Promise<void> => {
    const gone = once(child as ChildProcess, 'exit')
    child?.kill('SIGKILL')
    await gone
  }
  const takenSoFar = async (): Promise<number> => {
    const [name] = (await readdir(join(root, 'file-progress')).catch(() => [])).filter((one) => one.endsWith('.json'))
    if (name === undefined) return 0
    const text = await readFile(join(root, 'file-progress', name), 'utf8').catch(() => '')
    const parsed = text === '' ? undefined : fileProgressSchema.safeParse(JSON.parse(text))
    return parsed?.success ? parsed.data.items : 0
  }

  it('[CAP21] goes on where it stood: journal and report count each transaction once', { timeout: 60_000 }, async () => {
    const count = 6_000
    const text = poslogDocument(salesOf(1, count)).replace(
      '<SequenceNumber>5000</SequenceNumber>\n',
      '<SequenceNumber>x</SequenceNumber>\n',
    )
    await mkdir(join(root, 'in'))
    await writeFile(join(root, 'in', 'day.xml'), text)
    let kills = 0
    for (let until = 250; until < count - 500; until += 1_500) {
      await startAgent()
      await vi.waitFor(async () => expect(await takenSoFar()).toBeGreaterThanOrEqual(until), { timeout: 20_000, interval: 2 })
      await kill()
      kills += 1
    }
    await startAgent()
    const reasonFile = join(root, 'in', 'rejected', 'day.xml.reason.json')
    await vi.waitFor(() => readFile(reasonFile), { timeout: 20_000, interval: 20 })
    await vi.waitFor(async () => expect(await readdir(join(root, 'file-progress'))).toEqual([]), { timeout: 5_000, interval: 20 })
    await kill()

    const journal = await openJournal({ dir: join(root, 'journal'), deviceId })
    const records = await journal.read(0, 100_000)
    await journal.close()
    const sold = records.filter((r) => r.kind === 'transaction').map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)
    expect(sold.toSorted((a, b) => a - b)).toEqual(
      salesOf(1, count)
        .map((s) => s.sequenceNumber)
        .filter((n) => n !== 5_000),
    )
    expect(records.filter((r) => r.kind === 'quarantine')).toHaveLength(1)
    const report = JSON.parse(await readFile(reasonFile, 'utf8')) as FileReport
    expect(report).toMatchObject({ captured: count - 1, duplicates: 0, conflicts: 0, quarantined: 1 })
    expect(kills).toBe(4)
  })
})
