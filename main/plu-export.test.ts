import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { itemSchema, priceSchema } from '#sync/contract/catalogue.ts'
import type { PluEntry } from '#sync/contract/ipc.ts'
import { openPluExport } from './plu-export.ts'

const clock = { nowMs: () => Date.UTC(2026, 0, 31) }

const entryOf = (
  itemId: string,
  amountMinor: number,
  more: { name?: string; barcodes?: string[]; currency?: string; nextMinor?: number } = {},
): PluEntry => {
  const { name = 'Tea', barcodes = [`400${itemId}`], currency = 'USD', nextMinor } = more
  const price = (id: string, minor: number, effectiveFrom: string) =>
    priceSchema.parse({ priceId: id, itemId, storeId: '9', amountMinor: minor, currency, effectiveFrom })
  return {
    item: itemSchema.parse({ itemId, name, barcodes, unit: 'each', taxCode: 'A', taxRateMicro: 250_000 }),
    price: price(`${itemId}-1`, amountMinor, '2026-01-01T00:00:00.000Z'),
    ...(nextMinor === undefined ? {} : { next: price(`${itemId}-2`, nextMinor, '2026-02-01T00:00:00.000Z') }),
  }
}

describe('PLU export', () => {
  let dir: string
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'tideline-plu-'))))
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(dir, name), 'utf8'))
  const text = (name: string): Promise<string> => readFile(join(dir, name), 'utf8')

  it('[PRC2] writes the full file with prices in decimals and minor units, and the next price', async () => {
    const plu = await openPluExport(dir, clock)
    await plu.publish({
      kind: 'full',
      entries: [entryOf('1', 1230, { nextMinor: 5 }), entryOf('2', 500, { currency: 'JPY' }), entryOf('3', 1234, { currency: 'KWD' })],
    })
    expect(await json('full.json')).toMatchObject({
      kind: 'full',
      issuedAt: '2026-01-31T00:00:00.000Z',
      lastDelta: 0,
      entries: [
        {
          itemId: '1',
          price: '12.30',
          priceMinor: 1230,
          effectiveFrom: '2026-01-01T00:00:00.000Z',
          next: { price: '0.05', priceMinor: 5, effectiveFrom: '2026-02-01T00:00:00.000Z' },
        },
        { itemId: '2', price: '500' },
        { itemId: '3', price: '1.234' },
      ],
    })
  })

  it('[PRC2] quotes CSV as RFC 4180 says, one row a barcode', async () => {
    const plu = await openPluExport(dir, clock)
    await plu.publish({
      kind: 'full',
      entries: [entryOf('1', 100, { name: 'Tea, "Earl\nGrey"', barcodes: ['11', '12'] }), entryOf('2', 200, { barcodes: [] })],
    })
    const rest = 'each,1.00,USD,2026-01-01T00:00:00.000Z,,,,A'
    expect(await text('full.csv')).toBe(
      [
        'change,item_id,barcode,name,unit,price,currency,effective_from,effective_to,next_price,next_effective_from,tax_code',
        `set,1,11,"Tea, ""Earl\nGrey""",${rest}`,
        `set,1,12,"Tea, ""Earl\nGrey""",${rest}`,
        `set,2,,Tea,${rest.replace('1.00', '2.00')}`,
        '',
      ].join('\r\n'),
    )
  })

  it('[PRC2] a delta says what changed and from when, and numbers go on after a restart', async () => {
    const first = await openPluExport(dir, clock)
    await first.publish({ kind: 'full', entries: [entryOf('1', 100), entryOf('2', 200)] })
    await first.publish({ kind: 'delta', changed: [entryOf('1', 150)], removed: ['2'] })
    expect(await json('delta-000001.json')).toMatchObject({
      number: 1,
      changed: [{ itemId: '1', priceMinor: 150, changes: ['price', 'priceMinor'] }],
      removed: ['2'],
    })
    expect(await text('delta-000001.csv')).toMatch(/\r\nset,1,4001,Tea,each,1\.50,.*\r\nremoved,2,,,,,,,,,,\r\n$/)
    for (const name of ['delta-000001.json', 'delta-000001.csv']) await rm(join(dir, name))
    const second = await openPluExport(dir, clock)
    await Promise.all([second.publish({ kind: 'delta', changed: [], removed: ['1'] }), second.publish({ kind: 'full', entries: [] })])
    expect((await readdir(dir)).sort()).toEqual(['.last-delta', 'delta-000002.csv', 'delta-000002.json', 'full.csv', 'full.json'])
    expect(await json('full.json')).toMatchObject({ lastDelta: 2 })
  })

  it('[PRC2] keeps the newest deltas only, and leaves no file half written', async () => {
    const plu = await openPluExport(dir, clock, { keepDeltas: 3 })
    for (let n = 0; n < 6; n += 1) await plu.publish({ kind: 'delta', changed: [entryOf('1', n)], removed: [] })
    const names = await readdir(dir)
    expect(names.filter((name) => name.endsWith('.json')).sort()).toEqual(['delta-000004.json', 'delta-000005.json', 'delta-000006.json'])
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})
