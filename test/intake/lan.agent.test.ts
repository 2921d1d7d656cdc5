import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentLog } from '#main/agent-log.ts'
import { silentLog } from '#main/agent-log.ts'
import { createAdmission } from '#main/intake/admission.ts'
import { type LanIntake, startLanIntake } from '#main/intake/lan.ts'
import { loadLanCertificate } from '#main/intake/lan-certificate.ts'
import type { RateBounds } from '#main/intake/rate.ts'
import { createRouter } from '#main/intake/routes.ts'
import { tillRoutes } from '#main/intake/till-routes.ts'
import { openCapture } from '#main/capture.ts'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { agentConfigSchema } from '#sync/contract/config.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { noBooks, noDocuments } from '#test/fixtures/no-books.ts'
import { askOverTls, type TillAnswer } from './till.ts'

const wallMs = Date.parse('2026-03-01T00:00:00Z')
const dayMs = 86_400_000

describe('network door', () => {
  let dataDir: string
  let disk: MemoryDisk
  let journal: Journal
  let door: LanIntake
  let ca: string
  let nowMs: number
  const clock = { nowMs: () => nowMs, after: () => () => undefined }

  const start = async (
    more: { rate?: RateBounds; host?: string; log?: AgentLog; perTill?: number; bodyBytes?: number } = {},
  ): Promise<void> => {
    const quarantine = await openQuarantine('/q', disk)
    const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }
    const capture = await openCapture({ journal, quarantine, identity })
    const health = async () => ({
      store: identity.storeId,
      deviceId: journal.deviceId,
      writable: journal.writable(),
      journal: await journal.head(),
      lastCapturedAt: null,
      disk: { state: 'roomy' as const },
    })
    const { lan } = agentConfigSchema.parse({
      dataDir,
      hubUrl: 'http://127.0.0.1:1',
      lan: { host: more.host ?? '127.0.0.1', port: 0, workstations: ['34', '35', 'a/b'] },
    })
    const parts = { maxBodyBytes: 1_000_000, log: more.log ?? silentLog }
    door = await startLanIntake({
      ...parts,
      lan: lan as NonNullable<typeof lan>,
      dataDir,
      router: createRouter(tillRoutes({ ...parts, capture, items: { lookup: async () => null }, health, books: noBooks, ...noDocuments })),
      admission: createAdmission({
        ...(more.perTill ? { perTill: more.perTill } : {}),
        ...(more.bodyBytes ? { bodyBytes: more.bodyBytes } : {}),
      }),
      clock,
      wallMs: () => Date.now(),
      ...(more.rate ? { rate: more.rate } : {}),
    })
    ca = await readFile(join(dataDir, 'lan-certificate.crt'), 'utf8')
  }
  beforeEach(async () => {
    nowMs = 0
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-lan-'))
    disk = createMemoryDisk(seededRandom(1))
    const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
    journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
  })
  afterEach(async () => {
    await door.close()
    await journal.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  const tokenOf = async (workstation: string): Promise<string> => (await readFile(join(dataDir, 'till-tokens', workstation), 'utf8')).trim()
  const ask = async (more: Partial<Parameters<typeof askOverTls>[0]> = {}): Promise<TillAnswer> =>
    askOverTls({ port: door.port() ?? 0, ca, token: await tokenOf('34').catch(() => ''), ...more })
  const outcome = ({ status, body }: TillAnswer): unknown[] => [status, body['code'] ?? body['outcome']]

  it('[CAP23] takes a till’s own transactions over TLS with its token, and answers as loopback does', async () => {
    await start()
    expect(outcome(await ask({ content: saleOf(1) }))).toEqual([201, 'captured'])
    expect(outcome(await ask({ content: poslogDocument([saleOf(1)]) }))).toEqual([200, 'duplicate'])
    expect(outcome(await ask({ content: saleOf(2), token: 'x'.repeat(43) }))).toEqual([401, 'UNAUTHORIZED'])
    expect((await ask({ path: '/v1/health' })).body).toMatchObject({ journal: { seq: 1 } })
    expect((await stat(join(dataDir, 'till-tokens', '34'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'lan-certificate.pem'))).mode & 0o777).toBe(0o600)
    expect(await tokenOf('a%2fb')).toHaveLength(43)
  })

  it('[CAP23] refuses other tills’ transactions before anything is recorded, also among its own', async () => {
    await start()
    const token = await tokenOf('35')
    for (const content of [saleOf(1), [{ ...saleOf(1), workstationId: '35' }, saleOf(2)]])
      expect(outcome(await ask({ content, token }))).toEqual([403, 'WRONG_WORKSTATION'])
    expect((await journal.head()).seq).toBe(0)
    expect(outcome(await ask({ content: { ...saleOf(1), workstationId: '35' }, token }))).toEqual([201, 'captured'])
  })

  it('[CAP23] a token whose file is deleted is good for nothing with the next request; a changed one takes its place', async () => {
    await start()
    const token = await tokenOf('34')
    const file = join(dataDir, 'till-tokens', '34')
    await rm(file)
    expect((await ask({ content: saleOf(1), token })).status).toBe(401)
    await writeFile(file, 'another-token-of-the-till\n')
    expect((await ask({ content: saleOf(1), token })).status).toBe(401)
    await vi.waitFor(async () => expect((await ask({ content: saleOf(1) })).status).toBe(201), { timeout: 5_000, interval: 50 })
  })

  it('[CAP23] speaks no TLS below 1.2, nothing without TLS, and not with web pages', async () => {
    await start()
    await expect(ask({ path: '/v1/health', maxVersion: 'TLSv1.1' })).rejects.toThrow()
    await expect(fetch(`http://127.0.0.1:${door.port()}/v1/health`)).rejects.toThrow()
    expect((await ask({ path: '/v1/health', headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect((await ask({ path: '/v1/health', maxVersion: 'TLSv1.2' })).status).toBe(200)
  })

  it.each(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::ffff:0.0.0.0', 'till-net'])('[CAP23] refuses %s as its address', (host) => {
    const parsed = agentConfigSchema.safeParse({ dataDir, hubUrl: 'http://h', lan: { host, workstations: ['34'] } })
    expect(parsed.error?.issues[0]?.message).toMatch(/interface/)
    return start()
  })

  it('[CAP12] [CAP23] an interface that is not there yet is told once, and nothing else suffers', async () => {
    const errors: string[] = []
    await start({ host: '192.0.2.1', log: { ...silentLog, error: (message) => void errors.push(message) } })
    expect(door.port()).toBeUndefined()
    expect(errors).toMatchObject([expect.stringMatching(/192\.0\.2\.1 is tried again/)])
  })

  it('[CAP24] a flooding till uses up its own share: another one is answered', async () => {
    await start({ rate: { perSecond: 1, burst: 5 } })
    const mine = await tokenOf('34')
    const flood = await Promise.all(Array.from({ length: 20 }, (_, n) => ask({ content: saleOf(n), token: mine })))
    expect(flood.filter((a) => a.status === 201)).toHaveLength(5)
    expect(flood.find((a) => a.status === 503)).toMatchObject({ headers: { 'retry-after': '1' }, body: { code: 'CANNOT_WRITE' } })
    expect((await ask({ content: { ...saleOf(1), workstationId: '35' }, token: await tokenOf('35') })).status).toBe(201)
    nowMs += 1_000
    expect((await ask({ content: saleOf(30), token: mine })).status).toBe(201)
  })
})

describe('network door’s own certificate', () => {
  let dataDir: string
  beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), 'tideline-certificate-'))))
  afterEach(() => rm(dataDir, { recursive: true, force: true }))
  const load = (days: number, host = '127.0.0.1') => loadLanCertificate({ dataDir, host }, wallMs + days * dayMs)

  it('[CAP23] stays the same until shortly before its end, and is renewed with the same key', async () => {
    const first = await load(0)
    expect((await load(900)).fingerprint).toBe(first.fingerprint)
    const renewed = await load(1_050)
    expect(renewed.fingerprint).not.toBe(first.fingerprint)
    expect(renewed.key).toBe(first.key)
    expect(new X509Certificate(renewed.cert).publicKey.equals(new X509Certificate(first.cert).publicKey)).toBe(true)
    expect(await readFile(join(dataDir, 'lan-certificate.crt'), 'utf8')).not.toMatch(/PRIVATE/)
  })

  it('[CAP23] is made anew for another address, and when its file is damaged', async () => {
    const first = await load(0)
    expect((await load(0, '127.0.0.2')).fingerprint).not.toBe(first.fingerprint)
    await writeFile(join(dataDir, 'lan-certificate.pem'), 'torn')
    expect((await load(0)).fingerprint).not.toBe(first.fingerprint)
  })
})
