import { describe, expect, it } from 'vitest'
import type { StockDocument } from '#sync/contract/stock-document.ts'
import { businessDay, openStore, saleAt } from '#test/completeness/store.ts'

const countOf = (documentId: string, change: Record<string, unknown> = {}): StockDocument =>
  ({
    documentId,
    documentKind: 'count',
    storeId: '9',
    businessDay,
    at: `${businessDay}T20:00:00`,
    lines: [{ lineNumber: 1, itemId: 'MILK', quantityMilli: 12_000, unit: 'each' }],
    ...change,
  }) as StockDocument

const line = countOf('any').lines[0]
const path = '/v1/stock-documents'

const recordsOf = async (store: Awaited<ReturnType<typeof openStore>>, kind: string) =>
  (await store.agent().journal.read(0, 1_000)).filter((record) => record.kind === kind)

describe('the door for stock documents', () => {
  it('[STK1] a document is a record in the sequence of the sales; the same again is a duplicate, also after a restart', async () => {
    const store = await openStore()
    await store.sell(saleAt(1))
    const first = await store.call(path, countOf('count-1'))
    expect(first).toMatchObject({ status: 201, body: { outcome: 'captured' } })
    await store.sell(saleAt(2))
    expect((await store.agent().journal.read(0, 10)).slice(0, 3).map(({ kind }) => kind)).toEqual([
      'transaction',
      'stock-document',
      'transaction',
    ])
    const { recordId } = first.body as { recordId: string }
    expect(await store.call(path, countOf('count-1'))).toEqual({ status: 200, body: { outcome: 'duplicate', recordId } })
    await store.restart()
    expect(await store.call(path, countOf('count-1'))).toEqual({ status: 200, body: { outcome: 'duplicate', recordId } })
    const [kept] = await recordsOf(store, 'stock-document')
    expect(JSON.parse(kept?.payload ?? '')).toEqual(countOf('count-1'))
  })

  it('[STK1] other content under a documentId is kept beside the first, once, and overwrites nothing', async () => {
    const store = await openStore()
    const other = countOf('count-1', { lines: [{ ...line, quantityMilli: 7_000 }] })
    const { recordId: firstRecordId } = (await store.call(path, countOf('count-1'))).body as { recordId: string }
    const conflict = await store.call(path, other)
    expect(conflict).toMatchObject({ status: 409, body: { outcome: 'conflict', firstRecordId } })
    expect(await store.call(path, other)).toEqual(conflict)
    await store.restart()
    expect(await store.call(path, other)).toEqual(conflict)
    expect(await store.call(path, countOf('count-1'))).toMatchObject({ status: 200 })
    expect((await recordsOf(store, 'stock-document')).map(({ payload }) => (JSON.parse(payload) as StockDocument).lines[0])).toEqual([
      line,
      { ...line, quantityMilli: 7_000 },
    ])
  })

  it('[STK1] the same documents at once are one record', async () => {
    const store = await openStore()
    const answers = await Promise.all(Array.from({ length: 12 }, () => store.call(path, countOf('count-1'))))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 11 }, () => 200), 201])
    expect(await recordsOf(store, 'stock-document')).toHaveLength(1)
  })

  it.each([
    ['a negative count', countOf('x', { lines: [{ ...line, quantityMilli: -1 }] }), 'only an adjustment may take away'],
    ['a transfer to nowhere', countOf('x', { documentKind: 'transfer-out' }), 'names the other store'],
    ['no lines', countOf('x', { lines: [] }), 'lines'],
    ['a line of nothing', countOf('x', { lines: [{ lineNumber: 1, quantityMilli: 1, unit: 'each' }] }), 'names its item'],
    ['another store', countOf('x', { storeId: '8' }), 'names store 8'],
    ['2,001 lines', countOf('x', { lines: Array.from({ length: 2_001 }, (_, n) => ({ ...line, lineNumber: n + 1 })) }), '2000'],
    ['half a thousandth', countOf('x', { lines: [{ ...line, quantityMilli: 0.5 }] }), 'lines.0.quantityMilli'],
    ['a field that nobody knows', countOf('x', { colour: 'red' }), 'colour'],
    ['what is no JSON', '{"documentId":', 'not JSON'],
  ])('[STK1] [CAP7] %s is refused with its reason, and kept whole in quarantine', async (_, body, reason) => {
    const store = await openStore()
    const answer = await store.call(path, body)
    expect(answer).toMatchObject({ status: 422, body: { outcome: 'quarantined' } })
    expect(JSON.stringify(answer.body)).toContain(reason)
    expect(await recordsOf(store, 'stock-document')).toEqual([])
    expect(await recordsOf(store, 'quarantine')).toHaveLength(1)
    expect(await store.call(path, countOf('x'))).toMatchObject({ status: 201 })
  })

  it('[STK1] [CAP11] 2,000 lines are one document; what is too large for a record is refused whole', async () => {
    const store = await openStore()
    const lines = (description: string) =>
      Array.from({ length: 2_000 }, (_, n) => ({ lineNumber: n + 1, itemId: `I-${n}`, description, quantityMilli: 1_000, unit: 'each' }))
    expect(await store.call(path, countOf('full', { lines: lines('Milk') }))).toMatchObject({ status: 201 })
    const tooLarge = await store.call(path, countOf('wordy', { lines: lines('m'.repeat(200)) }))
    expect(tooLarge).toMatchObject({ status: 422, body: { reasons: [{ code: 'TOO_LARGE' }] } })
  })

  it('[STK1] only programs with the token hand one over', async () => {
    const store = await openStore()
    const url = `http://127.0.0.1:${store.agent().httpPort}${path}`
    const { status } = await fetch(url, { method: 'POST', body: JSON.stringify(countOf('x')), headers: { authorization: 'Bearer no' } })
    expect(status).toBe(401)
    expect(await recordsOf(store, 'stock-document')).toEqual([])
  })
})
