/** What a POS database may do to its reader, with a source in memory. */
import { afterEach, describe, expect, it } from 'vitest'
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { quarantinedItem, reasonOf } from '#sync/capture/captured-item.ts'
import type { RowReader } from '#main/sources/row-items.ts'
import type { SourceRow } from '#main/sources/rows.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { openSourceRig, type SourceRig } from './source-rig.ts'

const rowOf = (id: number | string, sequenceNumber: number): SourceRow => ({ id: String(id), doc: JSON.stringify(saleOf(sequenceNumber)) })
const isNumber = ({ id }: SourceRow): boolean => typeof id === 'string' && /^\d+$/.test(id)

/** As a database gives them whose column holds more than numbers: those that are none come last, each time. */
const rowsBeyond = (table: readonly SourceRow[], after: bigint, limit: number): SourceRow[] =>
  [...table.filter(isNumber).filter(({ id }) => BigInt(String(id)) > after), ...table.filter((row) => !isNumber(row))].slice(0, limit)

describe('a POS database', () => {
  let rig: SourceRig
  afterEach(() => rig.close())

  const openRig = async (table: readonly SourceRow[], source: Record<string, unknown> = {}, rowReader?: () => RowReader) => {
    rig = await openSourceRig({
      source: {
        kind: 'sqlite',
        connection: 'memory',
        query: ':after :limit',
        ...(rowReader ? { mapping: 'm' } : { document: 'doc' }),
        ...source,
      },
      open: async () => ({ rows: async (after, limit) => rowsBeyond(table, after, limit), close: async () => undefined }),
      ...(rowReader ? { rowReader } : {}),
    })
  }

  it('[CAP13] [CAP25] is read from its start again when the journal lost what was taken of it', async () => {
    await openRig(Array.from({ length: 1_000 }, (_, n) => rowOf(n + 1, n + 1)))
    expect(await rig.numbers()).toHaveLength(1_000)
    await rig.restart(async () => {
      for (const path of rig.disk.paths.filter((one) => one.startsWith('/j/'))) await rig.disk.remove(path)
    })
    expect((await rig.numbers()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1))
  })

  it('[CAP25] goes on where it stood after a renewal, which loses nothing', async () => {
    const table = Array.from({ length: 1_000 }, (_, n) => rowOf(n + 1, n + 1))
    await openRig(table, { overlap: 0 })
    expect(await rig.journal.renew(rig.journal.incarnation, 'a test')).toMatchObject({ outcome: 'begun' })
    table.splice(0, 900, ...Array.from({ length: 900 }, (_, n) => rowOf(n + 1, n + 5_001)))
    await rig.restart()
    expect(await rig.numbers()).toHaveLength(1_000)
  })

  it('[CAP7] [CAP25] a row without a number of its own is set aside once, and the rows beside it are taken', async () => {
    const table = [rowOf(1, 1), rowOf('x7', 50), rowOf(2, 2)]
    await openRig(table)
    expect(await rig.numbers()).toEqual([1, 2])
    table.push(rowOf(3, 3))
    await rig.poll()
    await rig.poll()
    expect(await rig.numbers()).toEqual([1, 2, 3])
    expect((await rig.quarantined()).map(({ reasons }) => reasons[0]?.message)).toEqual([
      expect.stringContaining('"id" must be an integer'),
    ])
    expect(rig.log.filter((line) => line.includes('set aside'))).toHaveLength(1)
  })

  it('[CAP7] [CAP25] a transaction that never ends is set aside, and those behind it are taken', async () => {
    /** Each sale is a row of its own, but for those of the endless one. */
    const reader = (): RowReader => {
      let begun: CapturedItem[] = []
      const itemOf = (doc: string): CapturedItem =>
        doc === 'endless'
          ? quarantinedItem([reasonOf('INVALID', 'more rows than a transaction may have')], doc, 'rows')
          : { outcome: 'transaction', transaction: saleOf(Number(doc)), warnings: [], where: 'row' }
      let last = ''
      return {
        write: ({ doc }) => {
          if (doc === last) return []
          last = doc ?? ''
          const whole = begun
          begun = [itemOf(last)]
          return whole
        },
        end: () => begun,
      }
    }
    const endless = Array.from({ length: 300_000 }, (_, n): SourceRow => ({ id: String(n + 2), doc: 'endless' }))
    await openRig(
      [{ id: '1', doc: '1' }, ...endless, { id: '400000', doc: '2' }, { id: '400001', doc: '3' }],
      { overlap: 10, batch: 10_000 },
      reader,
    )
    expect(await rig.numbers()).toEqual([1, 2, 3])
    expect((await rig.quarantined()).length).toBeGreaterThan(0)
  }, 30_000)
})
