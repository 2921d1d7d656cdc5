import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayDigestSchema } from '#sync/contract/comparison.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { incarnationSchema, type BusinessDay, type Currency } from '#sync/contract/vocabulary.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { createBooks } from './books.ts'
import { digestsThrough, mostTakenOff } from './days-through.ts'

const incarnation = incarnationSchema.parse('aaaaaaaaaaaa')
const days = ['2026-02-01', '2026-02-02', '2026-02-03'] as BusinessDay[]

const recordOf = (seq: number, kind: TidelineRecord['kind'], content: unknown): TidelineRecord => {
  const payload = JSON.stringify(content)
  return { seq, kind, payload, payloadHash: createHash('sha256').update(payload).digest('hex') } as TidelineRecord
}
const quarantine = (seq: number): TidelineRecord => recordOf(seq, 'quarantine', { source: 'http' })
const saleRecord = (seq: number, businessDay: BusinessDay | undefined, currency: Currency): TidelineRecord =>
  recordOf(seq, 'transaction', saleOf(seq, { businessDay: businessDay ?? days[0], currency }))

/** Day 3 stands for a record of another kind. */
const records = (choices: readonly { day: number; dollars: boolean }[]): TidelineRecord[] =>
  choices.map(({ day, dollars }, i) =>
    day === 3 ? quarantine(i + 1) : saleRecord(i + 1, days[day], (dollars ? 'USD' : 'EUR') as Currency),
  )

const digestsAt = (all: readonly TidelineRecord[], throughSeq: number) => {
  const books = createBooks()
  for (const record of all) books.fold(record)
  const journal = { incarnation, read: (after: number, limit: number) => Promise.resolve(all.slice(after, after + limit)) }
  return digestsThrough(journal, books, throughSeq, 31)
}

describe('the days’ digests', () => {
  it('[TRN22] hold each transaction of a day in exact spans, with count, digest and totals by currency', () => {
    const arbitrary = fc.array(fc.record({ day: fc.nat(3), dollars: fc.boolean() }), { maxLength: 60 })
    return fc.assert(
      fc.asyncProperty(arbitrary, async (choices) => {
        const all = records(choices)
        const found = await digestsAt(all, all.length)
        expect(found.map((d) => d.businessDay)).toEqual([...new Set(choices.map((c) => days[c.day]))].filter(Boolean).sort().reverse())
        for (const one of found) {
          dayDigestSchema.parse(one)
          const own = all.filter((_, i) => days[choices[i]?.day ?? 3] === one.businessDay)
          const inSpans = all.filter(({ seq }) => one.spans.some((s) => s.fromSeq <= seq && seq <= s.toSeq))
          expect(inSpans).toEqual(own)
          expect(one.spans.every((s, i) => i === 0 || s.fromSeq > (one.spans[i - 1]?.toSeq ?? 0) + 1)).toBe(true)
          const sum = own.reduce((bits, r) => bits ^ BigInt(`0x${r.payloadHash.slice(0, 16)}`), 0n)
          expect([one.count, one.digest]).toEqual([own.length, sum.toString(16).padStart(16, '0')])
          const dollars = own.filter((r) => r.payload.includes('"USD"')).length
          const totals = [
            { currency: 'EUR', count: own.length - dollars, grandMinor: 300 * (own.length - dollars) },
            { currency: 'USD', count: dollars, grandMinor: 300 * dollars },
          ]
          expect(one.totals).toEqual(totals.filter((t) => t.count > 0))
        }
      }),
      { numRuns: 60 },
    )
  })
  it('[TRN22] at an earlier number are what they were then', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ day: fc.nat(3), dollars: fc.boolean() }), { maxLength: 60 }),
        fc.nat(60),
        async (choices, at) => {
          const all = records(choices)
          const throughSeq = Math.min(at, all.length)
          expect(await digestsAt(all, throughSeq)).toEqual(await digestsAt(all.slice(0, throughSeq), throughSeq))
        },
      ),
      { numRuns: 60 },
    ))
  it('[TRN22] tell a day of more than 500 spans or 20 currencies in parts, each of its own records', async () => {
    const apart = Array.from({ length: 1_203 }, (_, i) => (i % 2 === 0 ? saleRecord(i + 1, days[0], 'EUR' as Currency) : quarantine(i + 1)))
    const parts = await digestsAt(apart, apart.length)
    expect(parts.map((p) => [p.spans.length, p.count, p.totals[0]?.grandMinor])).toEqual([
      [500, 500, 150_000],
      [102, 102, 30_600],
    ])
    expect(await digestsAt(apart, 999)).toEqual(await digestsAt(apart.slice(0, 999), 999))
    const many = Array.from({ length: 25 }, (_, i) => saleRecord(i + 1, days[0], `X${String.fromCharCode(65 + i)}X` as Currency))
    expect((await digestsAt(many, 25)).map((p) => [p.spans, p.totals.length])).toEqual([
      [[{ fromSeq: 1, toSeq: 20 }], 20],
      [[{ fromSeq: 21, toSeq: 25 }], 5],
    ])
  })
  it('[TRN22] leave out a pruned day, and days that too much unacknowledged touches', async () => {
    const all = [saleRecord(1, days[0], 'EUR' as Currency), saleRecord(2, days[1], 'EUR' as Currency)]
    const late = Array.from({ length: mostTakenOff + 1 }, (_, i) => saleRecord(i + 3, days[1], 'EUR' as Currency))
    expect((await digestsAt([...all, ...late], 2)).map((d) => d.businessDay)).toEqual([days[0]])
    const books = createBooks()
    const kept = [saleRecord(7, days[0], 'EUR' as Currency), saleRecord(8, days[1], 'EUR' as Currency)]
    for (const record of kept) books.fold(record)
    const journal = { incarnation, read: () => Promise.resolve([]) }
    expect((await digestsThrough(journal, books, 8, 31)).map((d) => d.businessDay)).toEqual([days[1]])
  })
})
