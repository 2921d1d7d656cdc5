import { expect, it } from 'vitest'
import { quarantinedItem, type CapturedItem } from '#sync/capture/captured-item.ts'
import { mappedRows, type RowReader } from './row-items.ts'

/** Rows of one `key` are one transaction; its item names its rows. */
const openReader = (): RowReader => {
  let key: string | null = null
  let rows: string[] = []
  const finish = (): CapturedItem[] => {
    const item = rows.length > 0 ? [quarantinedItem([], rows.join(), 'somewhere')] : []
    rows = []
    return item
  }
  return {
    write: (fields) => {
      const items = fields['key'] === key ? [] : finish()
      key = fields['key'] ?? null
      rows.push(fields['id'] ?? '')
      return items
    },
    end: finish,
  }
}
const rowsOf = (...keys: string[]) => keys.map((key, at) => ({ number: BigInt(at + 10), row: { id: String(at + 10), key } }))
const read = async (...given: [rows: ReturnType<typeof rowsOf>, isLast: boolean, takenUpTo: bigint | null]) => {
  const { groups, heldFrom } = await mappedRows('pos', openReader)(...given)
  return { items: groups.flatMap(({ items }) => items.map((item) => [item.where, item.outcome === 'quarantined' && item.raw])), heldFrom }
}

it('[CAP25] leaves the last transaction of a page that is not the last one, and says where it begins', async () => {
  expect(await read(rowsOf('a', 'a', 'b', 'c', 'c'), false, null)).toEqual({
    items: [
      ['row 10', '10,11'],
      ['row 12', '12'],
    ],
    heldFrom: 13n,
  })
  expect((await read(rowsOf('a', 'a', 'b'), true, null)).items).toEqual([
    ['row 10', '10,11'],
    ['row 12', '12'],
  ])
})

it('[CAP25] leaves out what a second reading may have cut in the middle, and nothing that is new', async () => {
  expect((await read(rowsOf('a', 'a', 'b'), true, 20n)).items).toEqual([['row 12', '12']])
  expect((await read(rowsOf('a', 'a', 'b'), true, 9n)).items).toHaveLength(2)
})
