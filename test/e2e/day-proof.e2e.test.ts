/**
 * Real processes: tills sell with a hole in their numbers, send their Z reports, and the day is closed. The hub proves the close and
 * counts the same; the hole is told everywhere and ends everywhere; a stranger's verifier passes the certificate.
 */
import { copyFile, cp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ringIntoZ, zBodies, type ZReports } from '#demo/day-end.ts'
import { runCommand } from '#scripts/command.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { must } from '#sync/contract/assert.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { flipInLines, journalCommand, presentSegments } from './journal-files.ts'
import { type Journey, openJourney, store } from './journey.ts'
import { expectShown } from './shown.ts'

interface Told {
  kind: string
  state: string
  message: string
  workstationId: string
  sequenceNumber: number
}

interface HubWorkstation {
  workstationId: string
  close: { proof: string; reason: string | null; uncounted: number | null; seq: number }
  ledger: { missing: { from: number; to: number }[] }
  till: { transactionCount: number; grandMinor: number }
  agent: { transactionCount: number; grandMinor: number }
  hub: { transactionCount: number; grandMinor: number }
  tillDifferences: unknown[]
  hubDifferences: unknown[]
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

describe('the proof of a business day', () => {
  let journey: Journey
  let day = ''
  let late: Transaction

  const openAtAgent = async (): Promise<Told[]> => {
    const { body } = await journey.askAgent('/v1/exceptions')
    return (body as { exceptions: { exception: Told }[] }).exceptions.map(({ exception }) => exception)
  }
  const atHub = async (state: 'open' | 'resolved'): Promise<Told[]> => {
    const { exceptions } = (await journey.askHub(`/v1/exceptions?limit=100&state=${state}`)) as { exceptions: Told[] }
    return exceptions
  }
  const dayAtHub = async (): Promise<HubWorkstation[]> => {
    const { workstations } = (await journey.askHub(`/v1/stores/${store.storeId}/days/${day}`)) as { workstations: HubWorkstation[] }
    return workstations
  }
  const sendZ = async (workstationId: string, sales: readonly Transaction[]): Promise<void> => {
    const reports: ZReports = new Map()
    for (const sale of sales) ringIntoZ(reports, sale)
    const [body] = zBodies(workstationId, reports, day)
    const { status } = await journey.askAgent('/v1/day-closes', body)
    expect(status).toBe(201)
  }

  beforeAll(async () => {
    journey = await openJourney({ showWindow: true, settings: { missingGraceMinutes: 0.02 } })
  }, 180_000)
  afterAll(() => journey?.close(), 60_000)

  it('[CMP3] [CMP4] [CMP5] tells a hole at the agent, at the hub and in the window, while the closed day is proven', async () => {
    const first = await journey.sellNumbers('T1', upTo(12))
    day = must(first[0], 'sale').businessDay
    const early = await journey.sellNumbers('T2', upTo(5))
    // The till printed number 6 and could not send it.
    late = must((await journey.ringOnly('T2', [6]))[0], 'sale')
    const rest = await journey.sellNumbers('T2', [7, 8])
    await sendZ('T1', first)
    await sendZ('T2', [...early, late, ...rest])

    const isMissing = ({ kind, sequenceNumber, workstationId }: Told) =>
      kind === 'MISSING_NUMBER' && sequenceNumber === 6 && workstationId === 'T2'
    await journey.until('number 6 told at the agent', async () => (await openAtAgent()).some(isMissing))
    await journey.until('number 6 told at the hub', async () => (await atHub('open')).some(isMissing))
    await journey.until('the close at the hub', async () => (await dayAtHub()).every(({ close }) => close !== null))

    const [one, two] = await dayAtHub()
    expect(one).toMatchObject({
      close: { proof: 'proven', reason: null },
      tillDifferences: [],
      hubDifferences: [],
      ledger: { missing: [] },
    })
    expect(one?.hub.grandMinor).toBe(first.reduce((sum, { totals }) => sum + totals.grandMinor, 0))
    expect(two).toMatchObject({ close: { proof: 'proven' }, hubDifferences: [], ledger: { missing: [{ from: 6, to: 6 }] } })
    expect([two?.till.transactionCount, two?.agent.transactionCount, two?.hub.transactionCount]).toEqual([8, 7, 7])
    expect((await openAtAgent()).map(({ kind }) => kind).sort()).toEqual(['DAY_CLOSE_DIFFERS', 'MISSING_NUMBER'])

    await expectShown(journey, 'day-proof/to-check', 'To check', [
      /Till T2: number 6 .* is missing/,
      'A receipt number is missing',
      /transactions: till 8, received here 7/,
    ])
    await expectShown(journey, 'day-proof/days', 'Days', [
      '1 receipt number is missing: 6',
      'All 12 receipts are here',
      'Closed; the till agrees',
    ])
  })

  it('[CMP3] [CMP4] ends everywhere when the number arrives, and the hub says the day is whole', async () => {
    const { status } = await journey.askAgent('/v1/transactions', late)
    expect(status).toBe(201)
    await journey.until('nothing open at the agent', async () => (await openAtAgent()).length === 0)
    await journey.until('nothing open at the hub', async () => (await atHub('open')).length === 0)
    await journey.until('a close that agrees at the hub', async () =>
      (await dayAtHub()).every((each) => each.tillDifferences.length === 0 && each.ledger.missing.length === 0),
    )
    for (const workstation of await dayAtHub()) {
      expect(workstation).toMatchObject({ close: { proof: 'proven' }, hubDifferences: [] })
      expect(workstation.agent.grandMinor).toBe(workstation.hub.grandMinor)
    }
    const { days } = (await journey.askHub(`/v1/stores/${store.storeId}/days`)) as { days: unknown[] }
    expect(days).toEqual([{ businessDay: day, workstations: 2, closed: 2, proven: true, missingNumbers: 0, differing: 0 }])
    // Told in between, if the hub read the receipt before the close that covers it.
    const ended = (await atHub('resolved')).map(({ kind }) => kind).filter((kind) => kind !== 'AFTER_CLOSE')
    expect(ended.sort()).toEqual(['DAY_CLOSE_DIFFERS', 'MISSING_NUMBER'])
    await expectShown(journey, 'day-proof/to-check-after', 'To check', ['Nothing to check'])
    await expectShown(journey, 'day-proof/days-after', 'Days', ['Every receipt is here', 'All 8 receipts are here'])
  })

  it('[CMP6] certifies the day to a stranger, and refuses a journal with one byte changed, naming the place', async () => {
    const certificate = join(journey.agentDataDir, '..', 'certificate.jsonl')
    const proved = await journalCommand('prove', [day, '--data', journey.agentDataDir, '--out', certificate])
    expect([proved.code, proved.stderr]).toEqual([0, ''])
    const stranger = join(journey.agentDataDir, '..', 'verify.mjs')
    await copyFile(join(checkoutRoot, 'docs/certificate/verify.mjs'), stranger)
    expect((await runCommand(process.execPath, [stranger, certificate])).code).toBe(0)

    const copy = `${journey.agentDataDir}-copy`
    await cp(join(journey.agentDataDir, 'journal'), join(copy, 'journal'), { recursive: true })
    const segment = must((await presentSegments(join(copy, 'journal')))[0], 'segment')
    await flipInLines(segment, [4])
    await rm(certificate)
    const refused = await journalCommand('prove', [day, '--data', copy, '--out', certificate])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(
      new RegExp(`The journal was changed: .*\\(${basename(segment.path)}, byte \\d+, where record 5 should stand\\)`),
    )
    await expect(copyFile(certificate, `${certificate}.again`)).rejects.toThrow('ENOENT')
  })
})
