/**
 * Real processes: the back-office PC's disk spoils the journal. The agent starts at once with all that can be read, says what is
 * missing, and gets it back from RxDB or from the hub; every sale is everywhere once.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJournalFiles } from '#demo/ledgers.ts'
import { flipInLines, journalCommand, middleSegment, presentSegments, removeSegment } from './journal-files.ts'
import { type Journey, openJourney } from './journey.ts'
import { expectShown } from './shown.ts'

interface Told {
  exceptionId: string
  kind: string
  state: string
  message: string
}

describe('a journal that the disk damaged', () => {
  let journey: Journey
  let journalFolder = ''

  const openAtAgent = async (): Promise<Told[]> => {
    const { body } = await journey.askAgent('/v1/exceptions')
    const all = (body as { exceptions: { exception: Told }[] }).exceptions.map(({ exception }) => exception)
    return all.filter(({ kind }) => kind === 'JOURNAL_DAMAGED')
  }
  const atHub = async (state: 'open' | 'resolved'): Promise<Told[]> => {
    const { exceptions } = (await journey.askHub(`/v1/exceptions?limit=100&state=${state}`)) as { exceptions: Told[] }
    return exceptions.filter(({ kind }) => kind === 'JOURNAL_DAMAGED')
  }
  /** What the journal itself says of damages, in order. */
  const told = async (): Promise<string[]> =>
    (await readJournalFiles(journalFolder)).flatMap(({ kind, payload }) => {
      const exception = kind === 'exception' ? (JSON.parse(payload) as Told) : undefined
      return exception?.kind === 'JOURNAL_DAMAGED' ? [`${exception.state} ${exception.exceptionId.split(':').at(-1)}`] : []
    })
  const isBack = (): Promise<void> => journey.until('nothing missing at the agent', async () => (await openAtAgent()).length === 0)
  const verify = async () => {
    const { code, stdout } = await journalCommand('verify', ['--data', journey.agentDataDir, '--json'])
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      lives: { role: string; findings: { kind: string; segment: string; line: number }[] }[]
      missing: { fromSeq: number; toSeq: number }[]
    }
    return { code, stdout, ...report }
  }

  beforeAll(async () => {
    // The smallest that may be configured: so many receipts are several segments.
    journey = await openJourney({ showWindow: true, settings: { retention: { maxBytes: 1_000_000 } } })
    journalFolder = join(journey.agentDataDir, 'journal')
    await journey.sell('T1', 260)
    await journey.expectConserved()
  }, 180_000)
  afterAll(() => journey?.close(), 60_000)

  it('[JNL1] [JNL2] gets flipped lines back from the local database, while the hub is away', async () => {
    await journey.stopHub()
    await journey.stopAgent()
    const segment = await middleSegment(journalFolder)
    await flipInLines(segment, [3, 4, 10])
    const before = await verify()
    expect(before.code).toBe(1)
    expect(before.lives.flatMap(({ findings }) => findings).map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      'damaged-line 4',
      'damaged-line 11',
    ])
    expect(before.stdout).toContain(`damaged line in ${segment.name}, line 4, byte `)

    await journey.startAgent()
    await journey.sell('T2', 3)
    await isBack()
    const ranges = [`${segment.firstSeq + 3}-${segment.firstSeq + 4}`, `${segment.firstSeq + 10}-${segment.firstSeq + 10}`]
    const words = await told()
    expect(words.filter((word) => word.startsWith('open')).sort()).toEqual(ranges.map((range) => `open ${range}`).sort())
    expect(words.filter((word) => word.startsWith('resolved')).sort()).toEqual(ranges.map((range) => `resolved ${range}`).sort())
    expect((await verify()).missing).toEqual([])

    await journey.startHub()
    await journey.expectConserved()
    await journey.until('both damages over at the hub', async () => (await atHub('resolved')).length === 2)
    expect(await atHub('open')).toEqual([])
  })

  it('[JNL1] [JNL2] gets a segment that is gone back from the hub, when the local database is gone too', async () => {
    const resolvedBefore = (await atHub('resolved')).length
    await journey.sell('T5', 180)
    await journey.expectConserved()
    await journey.stopHub()
    await journey.stopAgent()
    const segment = await middleSegment(journalFolder)
    const next = (await presentSegments(journalFolder)).find(({ firstSeq }) => firstSeq > segment.firstSeq)
    await removeSegment(segment)
    await rm(join(journey.agentDataDir, 'electron'), { recursive: true })
    const before = await verify()
    expect([before.code, before.lives.flatMap((life) => (life.role === 'present' ? life.findings : [])).map(({ kind }) => kind)]).toEqual([
      1,
      ['missing-segment'],
    ])
    expect(before.stdout).toContain(`missing segment in ${segment.name}`)

    await journey.startAgent()
    await journey.sell('T3', 3)
    const range = `${segment.firstSeq}-${(next?.firstSeq ?? 0) - 1}`
    const open = await openAtAgent()
    expect(open.map(({ exceptionId }) => exceptionId.split(':').at(-1))).toEqual([range])
    expect(open[0]?.message).toContain(`records ${range.replace('-', ' to ')} of the journal cannot be read`)
    expect((await verify()).missing).toHaveLength(1)

    await journey.startHub()
    await isBack()
    await journey.expectConserved()
    await journey.until('the damage over at the hub', async () => (await atHub('resolved')).length === resolvedBefore + 1)
    expect(await atHub('open')).toEqual([])
  })

  it('[JNL2] [CMP3] says what nobody has, here and at the hub, and takes it when the till sends it again', async () => {
    await journey.stopHub()
    const sales = await journey.sellNumbers(
      'T4',
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
    await journey.stopAgent()
    const last = (await presentSegments(journalFolder)).at(-1)
    if (!last) throw new Error('no segment')
    const records = (await readJournalFiles(journalFolder)).filter(({ seq }) => seq >= last.firstSeq)
    const lostNumbers = [8, 9]
    const lines = records.flatMap(({ payload }, line) =>
      lostNumbers.some((number) => payload.includes('"T4"') && payload.includes(`"sequenceNumber":${number},`)) ? [line] : [],
    )
    expect(lines).toHaveLength(2)
    await flipInLines(last, lines)
    await rm(join(journey.agentDataDir, 'electron'), { recursive: true })
    await journey.startAgent()
    await journey.startHub()
    await journey.until('the damage open at the hub', async () => (await atHub('open')).length === 1)
    expect(await openAtAgent()).toHaveLength(1)
    await expectShown(journey, 'damaged-journal/to-check', 'To check', [
      'A part of what this computer had saved was damaged',
      /records \d+ to \d+ of the journal cannot be read/,
    ])
    await journey.until('all other sales at the hub', async () => (await journey.countAtHub('T4')) === 18)

    for (const sale of sales.filter(({ sequenceNumber }) => lostNumbers.includes(sequenceNumber)))
      expect((await journey.askAgent('/v1/transactions', sale)).status).toBe(201)
    await journey.expectConserved()
  })
})
