/** Every route of a listening hub: what it answers when all is well, and what its OpenAPI document says of it. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReferenceAdmin } from '#demo/reference-erp/admin.ts'
import { startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { exceptionKindNames, exceptionKinds } from '#hub/exception/kinds.ts'
import { canonicalText, naturalKeyOf } from '#sync/contract/transaction.ts'
import { receipt } from '#test/posting/receipts.ts'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const store = { storeId: 'S1', name: 'Store 1', currency: 'EUR', timeZone: 'Europe/Berlin' }
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string

const allRoutes = [
  'DELETE /v1/availability/rules/{ruleId}',
  'DELETE /v1/subscriptions/{subscriptionId}',
  'GET /healthz',
  'GET /readyz',
  'GET /v1/assortments',
  'GET /v1/availability',
  'GET /v1/availability/categories',
  'GET /v1/availability/rules',
  'GET /v1/availability/rules/versions',
  'GET /v1/availability/why',
  'GET /v1/catalogue/changes',
  'GET /v1/catalogue/comparisons',
  'GET /v1/catalogue/held',
  'GET /v1/catalogue/price-in-force',
  'GET /v1/catalogue/prices/{priceId}',
  'GET /v1/catalogue/spread/{feed}',
  'GET /v1/catalogue/spread/{feed}/{documentId}',
  'GET /v1/clusters',
  'GET /v1/devices',
  'GET /v1/devices/{deviceId}/diagnostics',
  'GET /v1/devices/{deviceId}/diagnostics/{requestId}/bundle',
  'GET /v1/epochs',
  'GET /v1/exceptions',
  'GET /v1/items',
  'GET /v1/items/{itemId}',
  'GET /v1/mappings',
  'GET /v1/mappings/versions',
  'GET /v1/override-rules',
  'GET /v1/overrides',
  'GET /v1/postings',
  'GET /v1/price-zones',
  'GET /v1/prices',
  'GET /v1/projections',
  'GET /v1/reservations/{reservationId}',
  'GET /v1/returns/held',
  'GET /v1/stock',
  'GET /v1/stock/movements',
  'GET /v1/stores',
  'GET /v1/stores/{storeId}',
  'GET /v1/stores/{storeId}/comparisons',
  'GET /v1/stores/{storeId}/days',
  'GET /v1/stores/{storeId}/days/{businessDay}',
  'GET /v1/stores/{storeId}/sync-settings',
  'GET /v1/stores/{storeId}/tax-jurisdiction',
  'GET /v1/subscriptions',
  'GET /v1/subscriptions/{subscriptionId}',
  'GET /v1/tax-rates',
  'GET /v1/transactions',
  'GET /v1/unknown-items',
  'GET /v1/words',
  'POST /v1/assortments',
  'POST /v1/assortments/{entryId}/withdraw',
  'POST /v1/availability/categories/import',
  'POST /v1/availability/rules/import',
  'POST /v1/availability/rules/versions/{version}/restore',
  'POST /v1/catalogue/comparisons',
  'POST /v1/catalogue/held/{heldId}/accept',
  'POST /v1/catalogue/held/{heldId}/reject',
  'POST /v1/catalogue/import',
  'POST /v1/catalogue/prices',
  'POST /v1/catalogue/prices/{priceId}/correct',
  'POST /v1/catalogue/prices/{priceId}/withdraw',
  'POST /v1/devices/{deviceId}/ask',
  'POST /v1/devices/{deviceId}/diagnostics',
  'POST /v1/devices/{deviceId}/revoke',
  'POST /v1/enrolments',
  'POST /v1/epochs',
  'POST /v1/mappings/import',
  'POST /v1/mappings/versions/{version}/restore',
  'POST /v1/overrides/{id}/resolve',
  'POST /v1/postings/{key}/retry',
  'POST /v1/price-zones/moves',
  'POST /v1/prices',
  'POST /v1/projections/{name}/rebuild',
  'POST /v1/reservations',
  'POST /v1/reservations/{reservationId}/confirm',
  'POST /v1/reservations/{reservationId}/consume',
  'POST /v1/reservations/{reservationId}/release',
  'POST /v1/returns/{originalKey}/decide',
  'POST /v1/stock/comparisons',
  'POST /v1/stock/corrections',
  'POST /v1/stores',
  'POST /v1/stores/{storeId}/enrolment-codes',
  'POST /v1/subscriptions',
  'POST /v1/subscriptions/{subscriptionId}/redeliver',
  'POST /v1/subscriptions/{subscriptionId}/rotate-secret',
  'POST /v1/tax-rates/import',
  'POST /v1/unknown-items/{id}/resolve',
  'POST /v1/words',
  'PUT /v1/availability/rules/{ruleId}',
  'PUT /v1/clusters/{clusterId}',
  'PUT /v1/override-rules',
  'PUT /v1/price-zones/{zoneId}',
  'PUT /v1/stores/{storeId}/sync-settings',
  'PUT /v1/stores/{storeId}/tax-jurisdiction',
  'PUT /v1/sync-settings',
]

it('stores and devices: created, enrolled, listed, revoked', async () => {
  const { url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  expect(await hub.post('/v1/stores', store)).toEqual({ status: 201, body: store })
  expect(await hub.post('/v1/stores', { ...store, name: 'Other' })).toMatchObject({ status: 409, body: { code: 'INVALID' } })
  const made = await hub.post('/v1/stores/S1/enrolment-codes')
  expect(made).toEqual({ status: 201, body: { code: expect.stringMatching(/^[A-Z2-9]{4}(-[A-Z2-9]{4}){2}$/), expiresAt: instant } })

  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
  const request = { code: (made.body as { code: string }).code, publicKey, hostName: 'pc-1' }
  const enrolled = await hub.post('/v1/enrolments', request, {})
  const deviceId = expect.stringMatching(/^dev-[a-z0-9]{12}$/) as string
  const identity = { deviceId, storeId: 'S1', storeName: 'Store 1', currency: 'EUR', timeZone: 'Europe/Berlin' }
  expect(enrolled).toEqual({ status: 201, body: identity })
  // The answer was lost on the way: the same code with the same key, once more.
  expect(await hub.post('/v1/enrolments', request, {})).toEqual(enrolled)

  const id = (enrolled.body as { deviceId: string }).deviceId
  const device = {
    deviceId: id,
    storeId: 'S1',
    hostName: 'pc-1',
    agentVersion: null,
    enrolledAt: instant,
    revokedAt: null,
    lastSeenAt: null,
    lastHeardAt: null,
    report: null,
  }
  expect(await hub.get('/v1/devices')).toEqual({ status: 200, body: { devices: [{ ...device, journals: [] }] } })
  const lag = {
    acknowledgedRecords: 0,
    lastBatchAt: null,
    waitingPostings: 0,
    oldestWaitingPostingAt: null,
    openExceptions: 0,
    pendingRecords: 0,
  }
  expect(await hub.get('/v1/stores')).toEqual({ status: 200, body: { stores: [{ ...store, devices: 1, lastSeenAt: null, ...lag }] } })
  expect(await hub.post(`/v1/devices/${id}/revoke`)).toEqual({ status: 200, body: { outcome: 'revoked' } })
  expect(await hub.post(`/v1/devices/${id}/revoke`)).toEqual({ status: 200, body: { outcome: 'already-revoked' } })
  expect(await hub.get('/v1/devices')).toMatchObject({ body: { devices: [{ deviceId: id, revokedAt: instant }] } })
})

it('catalogue and postings with an ERP: items, prices, changes, a held posting tried again', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-api-'))
  const erp = await startReferenceErp({ dataDir: dir })
  try {
    const { db, url } = await server.fresh()
    const access = { TIDELINE_ERP_URL: erp.url, TIDELINE_ERP_USER: erp.user, TIDELINE_ERP_PASSWORD: erp.password }
    const hub = await startHub({ DATABASE_URL: url, TIDELINE_ERP: 'reference', TIDELINE_CATALOGUE_INTERVAL_MS: '200', ...access })
    const device = await enrolModelDevice(db, 'S1')
    await vi.waitFor(
      async () => expect((await hub.get('/v1/prices?storeId=S1&itemId=SKU-001')).body).toMatchObject({ prices: { length: 1 } }),
      10_000,
    )
    const item = { itemId: 'SKU-001', name: 'Filter coffee 500 g', unit: 'each', taxRateMicro: 250_000 }
    const first = await hub.get('/v1/items?limit=20')
    expect(first).toMatchObject({ status: 200, body: { items: { length: 20, 2: item } } })
    expect(await hub.get('/v1/items?after=SKU-019')).toMatchObject({ status: 200, body: { items: [{ itemId: 'SKU-020' }] } })
    const [barcode] = (first.body as { items: { barcodes: string[] }[] }).items[2]?.barcodes ?? []
    expect(await hub.get(`/v1/items?barcode=${barcode}`)).toMatchObject({ status: 200, body: { items: [item] } })

    const price = {
      priceId: 'summer',
      itemId: 'SKU-001',
      storeId: 'S1',
      amountMinor: 599,
      currency: 'EUR',
      effectiveFrom: '2040-01-01T00:00:00.000Z',
    }
    expect(await hub.post('/v1/prices', price)).toEqual({ status: 201, body: price })
    expect(await hub.post('/v1/prices', price)).toEqual({ status: 200, body: price })
    expect(await hub.post('/v1/prices', { ...price, amountMinor: 600 })).toMatchObject({ status: 409, body: { code: 'KEY_CONFLICT' } })
    expect(await hub.get('/v1/prices?storeId=S1&itemId=SKU-001')).toMatchObject({
      status: 200,
      body: { prices: [price, { amountMinor: 645 }] },
    })
    expect(await hub.get('/v1/catalogue/changes?feed=prices&storeId=S1&limit=1')).toEqual({
      status: 200,
      body: { changes: [{ feed: 'prices', scope: 'S1', id: 'summer', checkpoint: expect.any(Number), deleted: false, document: price }] },
    })

    const admin = openReferenceAdmin(erp)
    await admin.closeThrough('2026-01-31')
    const sold = receipt([{ itemId: 'SKU-001', quantityMilli: 1_000, unitPriceMinor: 645 }], {
      number: 1,
      day: '2026-01-31',
      storeId: 'S1',
    })
    device.append(canonicalText(sold))
    const wire = hub.wire()
    await wire.hello(device)
    await wire.send('batch', { records: device.journal })
    const key = naturalKeyOf(sold)
    const posting = {
      key,
      storeId: 'S1',
      businessDay: '2026-01-31',
      connector: 'reference',
      amountMinor: 645,
      currency: 'EUR',
      createdAt: instant,
    }
    const nothing = { waiting: 0, 'in-doubt': 0, posted: 0, held: 0 }
    const retry = (): Promise<unknown> => hub.post(`/v1/postings/${encodeURIComponent(key)}/retry`)
    await vi.waitFor(
      async () =>
        expect(await hub.get('/v1/postings?state=held')).toEqual({
          status: 200,
          body: {
            counts: { ...nothing, held: 1 },
            postings: [
              {
                ...posting,
                state: 'held',
                attempts: 1,
                erpReference: null,
                code: 'ERP_REJECTED',
                message: expect.stringContaining('closed'),
                nextAttemptAt: null,
                postedAt: null,
              },
            ],
          },
        }),
      10_000,
    )
    expect(await hub.get('/v1/exceptions?state=open&storeId=S1')).toMatchObject({
      status: 200,
      body: {
        exceptions: [{ kind: 'POSTING_REJECTED', owner: 'hub', action: exceptionKinds.POSTING_REJECTED.action, amountMinor: 645 }],
        next: null,
      },
    })
    await admin.closeThrough(null)
    expect(await retry()).toEqual({ status: 202, body: { key, state: 'waiting' } })
    await vi.waitFor(
      async () => expect(await hub.get('/v1/postings?storeId=S1')).toMatchObject({ body: { counts: { ...nothing, posted: 1 } } }),
      10_000,
    )
    expect(await retry()).toMatchObject({ status: 409, body: { code: 'INVALID' } })
    expect(await hub.get('/v1/exceptions?state=open')).toMatchObject({ status: 200, body: { exceptions: [] } })
    expect(await hub.get('/v1/transactions?storeId=S1')).toMatchObject({
      status: 200,
      body: {
        transactions: [
          { naturalKey: key, grandMinor: 645, posting: { state: 'posted', erpReference: expect.stringMatching(/^R\d+$/), message: null } },
        ],
      },
    })
  } finally {
    await erp.stop()
    await rm(dir, { recursive: true, force: true })
  }
})

interface OpenApi {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, { summary?: string; security?: unknown[]; responses: Record<string, unknown> }>>
}

it('/v1/openapi.json is OpenAPI 3.1, lists every route with its answers, and its references lead somewhere', async () => {
  const { url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const answer = await hub.get('/v1/openapi.json', {})
  expect(answer.status).toBe(200)
  const document = answer.body as OpenApi
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Tideline hub', version: '1' } })
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
  )
  expect(operations.map(({ name }) => name).sort()).toEqual(allRoutes)
  for (const { name, path, operation } of operations) {
    expect(Object.keys(operation.responses), name).toContainEqual(expect.stringMatching(/^20\d$/))
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const parameters = (operation as { parameters?: { name: string; in: string }[] }).parameters ?? []
    expect(
      parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name),
      name,
    ).toEqual(named)
  }
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, reference]) => reference ?? '')
  for (const reference of references) expect(document, reference).toHaveProperty(reference.split('/'))
  expect(text).toContain(JSON.stringify(exceptionKindNames))
})
