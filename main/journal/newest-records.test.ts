import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { type Incarnation, incarnationSchema } from '#sync/contract/vocabulary.ts'
import { createNewestRecords } from './newest-records.ts'

const [first, second] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'].map((life) => incarnationSchema.parse(life)) as [Incarnation, Incarnation]
const hash = '0'.repeat(64)
const recordOf = (incarnation: Incarnation, seq: number, size: number): TidelineRecord =>
  recordSchema.parse({
    ...{ deviceId: 'dev-aaaaaaaaaaaa', incarnation, seq, kind: 'transaction', capturedAt: '2026-01-31T08:15:00.000Z' },
    ...{ payload: 'x'.repeat(size), payloadHash: hash, previousHash: hash },
  })

describe('the newest records', () => {
  it('[CAP2] are the end of what was appended, or nothing is claimed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 }),
        fc.nat(3_000),
        fc.integer({ min: 1, max: 700 }),
        (batches, after, limit) => {
          const newest = createNewestRecords()
          const all: TidelineRecord[] = []
          for (const size of batches) {
            const batch = Array.from({ length: size }, (_, n) => recordOf(first, all.length + 1 + n, 2))
            all.push(...batch)
            newest.add(batch)
          }
          const found = newest.of(first, after, limit)
          if (found) expect(found).toEqual(all.slice(after, after + limit))
          else if (all.length > 0) expect(after).toBeLessThan(all.length - 500)
        },
      ),
    )
  })

  it('[CAP13] of one life are none of another, and large ones leave sooner', () => {
    const newest = createNewestRecords()
    newest.add([recordOf(first, 1, 2), recordOf(first, 2, 2)])
    expect(newest.of(first, 0, 10)).toHaveLength(2)
    expect(newest.of(second, 0, 10)).toBeNull()
    newest.add([recordOf(second, 1, 2)])
    expect([newest.of(first, 0, 10), newest.of(second, 0, 10)?.length]).toEqual([null, 1])
    newest.add(Array.from({ length: 30 }, (_, n) => recordOf(second, n + 2, 300_000)))
    expect(newest.of(second, 0, 10)).toBeNull()
    expect(newest.of(second, 30, 10)).toHaveLength(1)
  })
})
