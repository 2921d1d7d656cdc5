/** What the API refuses, and how: the operator's token, bad input with the field's name, what is not there. */
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { type RunningHub, withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const store = { storeId: 'S1', name: 'Store 1', currency: 'EUR', timeZone: 'Europe/Berlin' }
const price = { priceId: 'p', itemId: 'MILK', storeId: 'S1', amountMinor: 1, currency: 'EUR', effectiveFrom: '2040-01-01T00:00:00.000Z' }

const freshHub = async (): Promise<RunningHub> => startHub({ DATABASE_URL: (await server.fresh()).url })

const send = (hub: RunningHub, route: string, body?: unknown, headers?: Record<string, string>) => {
  const [method, path = ''] = route.split(' ')
  return method === 'GET' ? hub.get(path, headers) : hub.post(path, body, headers)
}

it('[TRN11] without the operator’s token, or with another, every route but the open ones is refused', async () => {
  const hub = await freshHub()
  const guarded = [
    'GET /v1/stores',
    'POST /v1/stores',
    'POST /v1/stores/S1/enrolment-codes',
    'GET /v1/stores/S1/days',
    'GET /v1/stores/S1/days/2026-01-31',
    'GET /v1/devices',
    'POST /v1/devices/dev-aaaaaaaaaaaa/revoke',
    'GET /v1/transactions?storeId=S1',
    'GET /v1/exceptions',
    'GET /v1/items',
    'GET /v1/prices?storeId=S1',
    'POST /v1/prices',
    'GET /v1/catalogue/changes',
    'GET /v1/postings',
    'POST /v1/postings/key/retry',
    'GET /nowhere',
  ]
  const wrong = [
    {},
    { authorization: 'Bearer wrong' },
    { authorization: hub.operatorToken },
    { authorization: `Basic ${hub.operatorToken}` },
  ]
  for (const route of guarded)
    for (const headers of wrong)
      expect(await send(hub, route, undefined, headers as Record<string, string>), route).toEqual({
        status: 401,
        body: { code: 'UNAUTHORIZED', message: expect.stringContaining('Bearer') },
      })
  for (const open of ['/healthz', '/readyz', '/metrics', '/v1/openapi.json'])
    expect(await hub.get(open, {}), open).toMatchObject({ status: 200 })
  expect(await hub.get('/v1/stores')).toEqual({ status: 200, body: { stores: [] } })
})

const badInputs: readonly [field: string, route: string, body?: unknown][] = [
  ['storeId', 'POST /v1/stores', { ...store, storeId: ' S1' }],
  ['currency', 'POST /v1/stores', { ...store, currency: 'euro' }],
  ['timeZone', 'POST /v1/stores', { storeId: 'S1', name: 'x', currency: 'EUR' }],
  ['extra', 'POST /v1/stores', { ...store, extra: 1 }],
  ['code', 'POST /v1/enrolments', { code: 'abc', publicKey: 'x'.repeat(60), hostName: 'pc' }],
  ['publicKey', 'POST /v1/enrolments', { code: 'ABCD-EFGH-JKLM', hostName: 'pc' }],
  ['key', 'POST /v1/enrolments', { code: 'ABCD-EFGH-JKLM', publicKey: 'x'.repeat(60), hostName: 'pc' }],
  ['storeId', 'GET /v1/transactions'],
  ['businessDay', 'GET /v1/transactions?storeId=S1&businessDay=2026-02-30'],
  ['limit', 'GET /v1/transactions?storeId=S1&limit=0'],
  ['after', `GET /v1/transactions?storeId=S1&after=${'x'.repeat(401)}`],
  ['state', 'GET /v1/exceptions?state=ajar'],
  ['limit', 'GET /v1/exceptions?limit=1001'],
  ['limit', 'GET /v1/items?limit=many'],
  ['storeId', 'GET /v1/prices'],
  ['amountMinor', 'POST /v1/prices', { ...price, amountMinor: 1.5 }],
  ['effectiveFrom', 'POST /v1/prices', { ...price, effectiveFrom: 'tomorrow' }],
  ['effectiveTo', 'POST /v1/prices', { ...price, effectiveTo: price.effectiveFrom }],
  ['businessDay', 'GET /v1/stores/S1/days/yesterday'],
  ['limit', 'GET /v1/stores/S1/days?limit=101'],
  ['before', 'GET /v1/stores/S1/days?before=2026-02-30'],
  ['feed', 'GET /v1/catalogue/changes?feed=news'],
  ['state', 'GET /v1/postings?state=lost'],
  ['storeId', `GET /v1/postings?storeId=${'x'.repeat(33)}`],
]

it('bad input is refused with a message that names the field', async () => {
  const hub = await freshHub()
  for (const [field, route, body] of badInputs)
    expect(await send(hub, route, body), route).toEqual({ status: 422, body: { code: 'INVALID', message: expect.stringContaining(field) } })
})

it('what is no JSON, too large, or beyond the database is refused; what is not there is not found', async () => {
  const hub = await freshHub()
  expect(await hub.post('/v1/stores', '{"storeId":')).toMatchObject({ status: 400, body: { code: 'MALFORMED' } })
  expect(await hub.post('/v1/stores', { ...store, name: 'x'.repeat(1_000_001) })).toMatchObject({
    status: 413,
    body: { code: 'TOO_LARGE' },
  })
  expect(await hub.post('/v1/stores', { ...store, name: 'a\u0000b' })).toMatchObject({ status: 422, body: { code: 'INVALID' } })
  expect(await hub.get('/v1/exceptions?after=%00')).toMatchObject({ status: 422, body: { code: 'INVALID' } })
  const absent = [
    'GET /v1/nowhere',
    'POST /v1/stores/NONE/enrolment-codes',
    'GET /v1/stores/NONE/days',
    'GET /v1/stores/NONE/days/2026-01-31',
    'POST /v1/devices/dev-aaaaaaaaaaaa/revoke',
    'POST /v1/devices/nonsense/revoke',
    'POST /v1/postings/none/retry',
  ]
  for (const route of absent) expect(await send(hub, route), route).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  expect(await hub.post('/v1/prices', price)).toEqual({ status: 404, body: { code: 'NOT_FOUND', message: expect.stringContaining('S1') } })
  await hub.post('/v1/stores', store)
  expect(await hub.post('/v1/prices', price)).toEqual({
    status: 404,
    body: { code: 'NOT_FOUND', message: expect.stringContaining('MILK') },
  })
  expect(await hub.post('/v1/prices', { ...price, currency: 'SEK' })).toMatchObject({ status: 422, body: { code: 'WRONG_CURRENCY' } })
  const key = { publicKey: 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE', hostName: 'pc' }
  expect(await hub.post('/v1/enrolments', { code: 'ABCD-EFGH-JKLM', ...key }, {})).toMatchObject({
    status: 403,
    body: { code: 'BAD_ENROLMENT_CODE' },
  })
})
