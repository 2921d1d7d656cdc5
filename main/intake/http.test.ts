import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PluEntry } from '#sync/contract/ipc.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { itemSchema, priceSchema } from '#sync/contract/catalogue.ts'
import type { ItemLookup } from '#sync/core/ports.ts'
import { noBooks, noDocuments } from '#test/fixtures/no-books.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { silentLog } from '../agent-log.ts'
import { openCapture } from '../capture.ts'
import { type Journal, openJournal } from '../journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '../journal/memory-disk.ts'
import { openQuarantine } from '../quarantine.ts'
import { createAdmission } from './admission.ts'
import { type HttpIntake, startHttpIntake } from './http.ts'
import { createRouter } from './routes.ts'
import { tillRoutes } from './till-routes.ts'

const storeId = storeIdSchema.parse('9')
const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const token = 'a-token-of-the-till'

const entry: PluEntry = {
  item: itemSchema.parse({ itemId: 'A1', name: 'Tea', barcodes: ['4006381333931'], unit: 'each', taxCode: 'A', taxRateMicro: 250_000 }),
  price: priceSchema.parse({
    priceId: 'p1',
    itemId: 'A1',
    storeId: '9',
    amountMinor: 150,
    currency: 'USD',
    effectiveFrom: '2026-01-01T00:00:00.000Z',
  }),
  next: priceSchema.parse({
    priceId: 'p2',
    itemId: 'A1',
    storeId: '9',
    amountMinor: 175,
    currency: 'USD',
    effectiveFrom: '2026-02-01T00:00:00.000Z',
  }),
}

describe('HTTP intake', () => {
  let disk: MemoryDisk
  let journal: Journal
  let intake: HttpIntake
  let items: ItemLookup

  const start = async (
    more: { port?: number; maxConcurrent?: number; lookupTimeoutMs?: number; headersTimeoutMs?: number } = {},
  ): Promise<void> => {
    const quarantine = await openQuarantine('/q', disk)
    const capture = await openCapture({
      journal,
      quarantine,
      identity: { storeId, currency: currencySchema.parse('USD'), timeZone: 'UTC' },
    })
    const health = async () => ({
      store: storeId,
      deviceId,
      writable: journal.writable(),
      journal: await journal.head(),
      lastCapturedAt: null,
      disk: { state: 'roomy' as const },
    })
    const parts = { maxBodyBytes: 50_000, log: silentLog, ...more }
    const router = createRouter(
      tillRoutes({
        capture,
        items: { lookup: (b) => items.lookup(b) },
        health,
        books: noBooks,
        ...noDocuments,
        ...parts,
      }),
    )
    const admission = createAdmission({ requests: more.maxConcurrent ?? 64 })
    intake = await startHttpIntake({ host: '127.0.0.1', port: 0, token, router, admission, ...parts })
  }
  beforeEach(async () => {
    disk = createMemoryDisk(seededRandom(1))
    journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
    items = { lookup: async () => null }
    await start()
  })
  afterEach(async () => {
    await intake.close()
    await journal.close()
  })

  const url = (path: string): string => `http://127.0.0.1:${intake.port}${path}`
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url('/v1/transactions'), {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
  const get = (path: string): Promise<Response> => fetch(url(path), { headers: { authorization: `Bearer ${token}` } })

  /** Headers that fetch does not let anyone set. */
  const raw = (path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      httpRequest(url(path), { headers, agent: new Agent() }, (response) => resolve(response.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })

  it('[CAP1] [CAP5] [CAP6] answers 201, 200 and 409 with the ids of durable records', async () => {
    const created = await post(saleOf(1))
    const { recordId } = (await created.json()) as { recordId: string }
    expect([created.status, recordId]).toEqual([201, `${deviceId}:${journal.incarnation}:1`])
    const again = await post(poslogDocument([saleOf(1)]), { 'content-type': 'application/xml' })
    expect([again.status, await again.json()]).toEqual([200, { outcome: 'duplicate', recordId }])
    const other = await post(saleOf(1, { operatorId: 'x' }))
    expect([other.status, await other.json()]).toEqual([
      409,
      { outcome: 'conflict', recordId: `${deviceId}:${journal.incarnation}:2`, firstRecordId: recordId },
    ])
  })

  it('[CAP7] answers 422 with reasons and the quarantine id', async () => {
    const answer = await post('<POSLog><Transaction>', { 'content-type': 'application/xml' })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({
      outcome: 'quarantined',
      quarantineId: `${deviceId}:${journal.incarnation}:1`,
      reasons: [{ code: 'MALFORMED' }],
    })
  })

  it('answers several transactions one by one', async () => {
    const answer = await post([saleOf(1), { ...saleOf(2), kind: 'gift' }, saleOf(1)])
    expect(answer.status).toBe(207)
    const { results } = (await answer.json()) as { results: { status: number }[] }
    expect(results.map((r) => r.status)).toEqual([201, 422, 200])
  })

  it('[CAP1] answers 503 while the journal cannot be written, and takes the same sale afterwards', async () => {
    disk.fault = (operation) => (operation === 'sync' ? 'ENOSPC' : null)
    const refused = await post(saleOf(1))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await refused.json()).toMatchObject({ code: 'CANNOT_WRITE' })
    expect(await (await get('/v1/health')).json()).toMatchObject({ writable: false, journal: { seq: 0 } })
    disk.fault = () => null
    expect((await post(saleOf(1))).status).toBe(201)
  })

  it('[CAP11] refuses a body over the limit, announced or not, and keeps nothing of it', async () => {
    for (const body of ['x'.repeat(60_000), new Blob(['y'.repeat(300_000)]).stream()]) {
      const answer = await fetch(url('/v1/transactions'), {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { authorization: `Bearer ${token}` },
      } as RequestInit)
      expect(answer.status).toBe(413)
      expect(await answer.json()).toMatchObject({ code: 'TOO_LARGE' })
    }
    expect((await journal.head()).seq).toBe(0)
    expect((await post(saleOf(1))).status).toBe(201)
  })

  it('takes nothing of a body that breaks off', async () => {
    const body = JSON.stringify(saleOf(1))
    const socket = connect(intake.port, '127.0.0.1')
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
    socket.write(
      `POST /v1/transactions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length + 10}\r\n\r\n${body}`,
    )
    socket.end()
    await new Promise<void>((resolve) => socket.resume().once('close', () => resolve()))
    expect((await journal.head()).seq).toBe(0)
    expect((await post(saleOf(1))).status).toBe(201)
  })

  it.each([[{}], [{ authorization: 'Bearer wrong' }], [{ authorization: `Basic ${token}` }], [{ authorization: 'Bearer ' }]])(
    'refuses the token in %j',
    async (headers) => {
      for (const path of ['/v1/transactions', '/v1/items/1']) expect(await raw(path, headers)).toBe(401)
    },
  )

  it('refuses web pages: an Origin, a foreign Host', async () => {
    const authorization = `Bearer ${token}`
    expect(await raw('/v1/items/1', { authorization, origin: 'http://evil.example' })).toBe(403)
    expect(await raw('/v1/items/1', { authorization, host: 'evil.example' })).toBe(403)
    expect(await raw('/v1/health', { host: `evil.example:${intake.port}` })).toBe(403)
    expect(await raw('/v1/health', { 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await raw('/v1/health', { host: `localhost:${intake.port}` })).toBe(200)
  })

  it('answers an item with its price now and the next one', async () => {
    items = { lookup: async (barcode) => (barcode === '4006381333931' ? entry : null) }
    const answer = await get('/v1/items/4006381333931')
    expect(await answer.json()).toEqual({
      barcode: '4006381333931',
      itemId: 'A1',
      name: 'Tea',
      unit: 'each',
      priceMinor: 150,
      currency: 'USD',
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      next: { priceMinor: 175, effectiveFrom: '2026-02-01T00:00:00.000Z' },
    })
    expect((await get('/v1/items/1')).status).toBe(404)
    expect((await get('/v1/items/%E0%A4%A')).status).toBe(404)
  })

  it('[CAP12] says NOT_READY when the local database rejects or does not answer, and captures all the same', async () => {
    await intake.close()
    await start({ lookupTimeoutMs: 20 })
    for (const lookup of [() => Promise.reject(new Error('gone')), () => new Promise<null>(() => undefined)]) {
      items = { lookup }
      const answer = await get('/v1/items/1')
      expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'NOT_READY' }])
    }
    expect((await post(saleOf(1))).status).toBe(201)
  })

  it('bounds how many requests it works on at once', async () => {
    await intake.close()
    await start({ maxConcurrent: 2, lookupTimeoutMs: 60_000 })
    const waiting: ((found: null) => void)[] = []
    const bothAsked = new Promise<void>((resolve) => {
      items = {
        lookup: () =>
          new Promise((answer) => {
            waiting.push(answer)
            if (waiting.length === 2) resolve()
          }),
      }
    })
    const held = [get('/v1/items/1'), get('/v1/items/2')]
    await bothAsked
    expect((await post(saleOf(1))).status).toBe(503)
    for (const answer of waiting) answer(null)
    await Promise.all(held)
    expect((await post(saleOf(1))).status).toBe(201)
  })

  it('says what it does not know', async () => {
    expect((await get('/')).status).toBe(404)
    expect((await get('/v1/transactions')).status).toBe(405)
    expect((await post('x', { 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await get('/v1/openapi.json')).status).toBe(200)
  })

  it('fails to start where the port is taken', async () => {
    await expect(start({ port: intake.port })).rejects.toThrow('another program on this computer has the port')
  })

  it('[CAP11] closes connections whose headers never end, also when the other side never does, and serves others meanwhile', async () => {
    await intake.close()
    await start({ headersTimeoutMs: 200 })
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect({ port: intake.port, host: '127.0.0.1', allowHalfOpen: true })
      socket.write('POST /v1/transactions HTTP/1.1\r\nhost: 127.0.0.1\r\n')
      return socket
    })
    const health = await fetch(`http://127.0.0.1:${intake.port}/v1/health`)
    expect(health.status).toBe(200)
    for (const socket of sockets) socket.on('error', () => undefined).resume()
    // A peer that goes on writing learns that nobody is there.
    const goOn = () => sockets.filter((socket) => !socket.destroyed && socket.write('x')).length
    await vi.waitFor(() => expect(goOn()).toBe(0), { timeout: 5_000, interval: 20 })
  })
})
