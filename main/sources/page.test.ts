import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPage } from './page.ts'
import type { SourceRow } from './rows.ts'

const row = (id: string | null): SourceRow => ({ id, other: 'x' })

describe('a page of rows', () => {
  it('[CAP25] any pages of any rows give each number once, whole, and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (ids, batch) => {
        const table = ids.toSorted((a, b) => a - b).map((id) => row(String(id)))
        const given: SourceRow[] = []
        let after: bigint | null = -1n
        for (let limit = batch; after !== null;) {
          const from: bigint = after
          const page = readPage(table.filter(({ id }) => BigInt(id as string) > from).slice(0, limit), 'id', from, limit)
          if (page.outcome === 'fault') throw new Error(page.message)
          if (page.outcome === 'crowded') {
            limit *= 2
            continue
          }
          given.push(...page.rows.map((one) => one.row))
          after = page.isLast ? null : (page.rows.at(-1)?.number ?? null)
          limit = batch
        }
        expect(given).toEqual(table)
      }),
    )
  })

  it('[CAP7] [CAP25] a row without a number stands aside from those that have one, and from what comes later', () => {
    const stray = row('x')
    expect(readPage([row('1'), stray, row('2')], 'id', -1n, 10)).toMatchObject({ rows: [{ number: 1n }, { number: 2n }], strays: [stray] })
    expect(readPage([stray], 'id', 2n, 10)).toEqual({ outcome: 'page', rows: [], strays: [stray], isLast: true })
    expect(readPage([stray, stray], 'id', 2n, 2)).toMatchObject({ outcome: 'fault' })
  })

  it.each([
    [[row('1'), row('3'), row('2')], /must ascend/],
    [[row('-1')], /must ascend/],
    [[row('1.5')], /must be an integer/],
    [[row(null)], /must be an integer/],
    [[{ number: '1' }], /no column "id"/],
  ])('[CAP25] says what is wrong with %j', (rows, message) => {
    expect(readPage(rows, 'id', -1n, 10)).toMatchObject({ outcome: 'fault', message: expect.stringMatching(message) as string })
  })
})
