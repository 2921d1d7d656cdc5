import { createHash } from 'node:crypto'
import { chainText, genesisHash, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainFlaws } from './chain-fit.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hashOf = (record: TidelineRecord): string => sha256(chainText(record))

const journalOf = (payloads: readonly string[]): TidelineRecord[] => {
  let head: string = genesisHash
  return payloads.map((payload, index) => {
    const record = recordSchema.parse({
      ...{
        deviceId: 'dev-aaaaaaaaaaaa',
        incarnation: 'abcdefghijkl',
        seq: index + 1,
        kind: 'transaction',
        capturedAt: '2026-01-31T10:00:01.000Z',
      },
      ...{ payload, payloadHash: sha256(payload), previousHash: head },
    })
    head = hashOf(record)
    return record
  })
}

/** What stands in the log, of these records. */
const around = (journal: readonly TidelineRecord[], held: (seq: number) => boolean) => {
  const at = (seq: number) => (held(seq) ? journal[seq - 1] : undefined)
  const head = journal.at(-1)
  return {
    hashAt: (seq: number) => (at(seq) ? hashOf(journal[seq - 1] as TidelineRecord) : undefined),
    namedBehind: (seq: number) => (seq === journal.length && head ? hashOf(head) : at(seq + 1)?.previousHash),
  }
}

describe('a record that is sent again', () => {
  const cases = fc
    .tuple(fc.array(fc.string(), { minLength: 2, maxLength: 8 }), fc.infiniteStream(fc.boolean()))
    .map(([payloads, held]) => ({
      journal: journalOf(payloads.map((payload) => JSON.stringify(payload))),
      holds: payloads.map(() => held.next().value as boolean),
    }))

  it('[TRN22] fits wherever it was lost, however much was lost beside it', () => {
    fc.assert(
      fc.property(cases, ({ journal, holds }) => {
        const missing = journal.filter(({ seq }) => !holds[seq - 1])
        expect(
          chainFlaws(
            missing,
            around(journal, (seq) => holds[seq - 1] ?? false),
            sha256,
          ).size,
        ).toBe(0)
      }),
    )
  })

  it('[TRN22] [HUB9] is found when it is not the one that stood there, for what stands behind remembers it; its neighbours are not blamed', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ journal, holds }, which) => {
        const missing = journal.filter(({ seq }) => !holds[seq - 1])
        const changed = missing[which % Math.max(1, missing.length)]
        if (!changed) return
        const sent = missing.map((record) =>
          record === changed ? { ...record, capturedAt: '2026-01-31T10:00:02.000Z' as typeof record.capturedAt } : record,
        )
        const flaws = chainFlaws(
          sent,
          around(journal, (seq) => holds[seq - 1] ?? false),
          sha256,
        )
        expect([...flaws.keys()]).toEqual([changed.seq])
      }),
    )
  })

  it('[TRN22] with nothing behind it, is held by its link to the one before', () => {
    const [first, second] = journalOf(['"a"', '"b"'])
    if (!first || !second) throw new Error('two records')
    const before = { namedBehind: () => undefined, hashAt: (seq: number) => (seq === 1 ? hashOf(first) : undefined) }
    expect(chainFlaws([second], before, sha256).size).toBe(0)
    expect(chainFlaws([{ ...second, previousHash: genesisHash }], before, sha256).get(2)).toMatch(/^BROKEN_CHAIN: the record follows 0{64}/)
  })
})
