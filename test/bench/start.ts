/**
 * How long does a till wait for an agent that starts with a large journal? From the start to the first sale answered, against the least
 * that a start must do: verifying every byte of the same journal. Both in turn, in one process, on the same disk.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '#main/agent-log.ts'
import { journalDir, openJournal } from '#main/journal/journal.ts'
import { startStoreAgent } from '#main/store-agent.ts'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { saleOf } from '../fixtures/transactions.ts'
import type { Benchmark } from './benchmark.ts'

const rounds = 5
const records = 100_000
const salesPerDay = 2_000
const ceiling = 1.5
const identity = identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' })

/** About 1.4 kB, as a sale of five lines is; fifty days of four tills. */
const saleNumber = (n: number): Transaction => {
  const [line] = saleOf(n).lineItems
  const businessDay = new Date(Date.UTC(2026, 0, 1 + Math.floor(n / salesPerDay))).toISOString().slice(0, 10)
  const ofDay = n % salesPerDay
  return saleOf(Math.floor(ofDay / 4) + 1, {
    ...{ businessDay, workstationId: String((ofDay % 4) + 1), endedAt: `${businessDay}T08:15:00` },
    lineItems: [1, 2, 3, 4, 5].map((lineNumber) => ({
      ...line,
      lineNumber,
      amountMinor: 60,
      description: `Assam loose leaf tea, tin number ${n}`,
    })),
  })
}

const fill = async (dataDir: string): Promise<void> => {
  const journal = await openJournal({ dir: journalDir(dataDir), deviceId: identity.deviceId })
  for (let n = 0; n < records; n += 500)
    await journal.appendAll(
      Array.from({ length: 500 }, (_, index) => ({ kind: 'transaction', payloadText: canonicalText(saleNumber(n + index)) })),
    )
  await journal.close()
}

const timeVerifying = async (dataDir: string): Promise<number> => {
  const started = performance.now()
  const journal = await openJournal({ dir: journalDir(dataDir), deviceId: identity.deviceId })
  const taken = performance.now() - started
  await journal.close()
  return taken
}

interface Start {
  /** To the first sale captured, and to the books of the days having caught up. */
  firstMs: number
  booksMs: number
}

const timeStart = async (dataDir: string, n: number, crossCheck: boolean): Promise<Start> => {
  const config = agentConfigSchema.parse({ dataDir, hubUrl: 'http://127.0.0.1:1', http: { port: 0 }, crossCheck })
  const started = performance.now()
  const agent = await startStoreAgent({
    ...{ config, identity, httpToken: 'token', signer: createDeviceKey(), log: silentLog },
    items: { lookup: async () => null },
  })
  const call = (path: string, body?: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${agent.httpPort}${path}`, {
      headers: { authorization: 'Bearer token' },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
  const { status } = await call('/v1/transactions', JSON.stringify(saleNumber(records + n)))
  const firstMs = performance.now() - started
  if (status !== 201) throw new Error(`expected 201, got ${status}`)
  await (await call('/v1/exceptions')).json()
  const booksMs = performance.now() - started
  await agent.close()
  return { firstMs, booksMs }
}

/** The round that others on this machine disturbed least. */
const least = (values: readonly number[]): number => Math.round(Math.min(...values))

export const start: Benchmark = {
  name: 'start',
  compares: `a start with ${records} records until the first sale is answered, with verifying the same journal alone`,
  run: async (progress) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tideline-start-'))
    try {
      await fill(dataDir)
      progress(`${records} records are written`)
      const [verifying, plain, crossChecked]: [number[], Start[], Start[]] = [[], [], []]
      for (let round = 0; round < rounds; round += 1) {
        verifying.push(await timeVerifying(dataDir))
        plain.push(await timeStart(dataDir, round * 2, false))
        crossChecked.push(await timeStart(dataDir, round * 2 + 1, true))
        progress(
          `verified in ${shown(verifying.at(-1))}, first sale after ${shown(plain.at(-1)?.firstMs)}, books after ${shown(plain.at(-1)?.booksMs)}; with the cross-check ${shown(crossChecked.at(-1)?.firstMs)}`,
        )
      }
      const verifyMs = least(verifying)
      const of = (starts: readonly Start[], field: keyof Start): number => least(starts.map((one) => one[field]))
      const firstMs = of(plain, 'firstMs')
      return {
        ...{ name: 'start', ratio: firstMs / verifyMs, ceiling, records, verifyMs, firstMs, booksMs: of(plain, 'booksMs') },
        ...{ crossCheckedFirstMs: of(crossChecked, 'firstMs'), residentMb: Math.round(process.memoryUsage.rss() / 1e6) },
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  },
}

const shown = (ms: number | undefined): string => `${Math.round(ms ?? 0)} ms`
