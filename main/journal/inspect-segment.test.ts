/** Every fault is told by its kind and its place; what is whole is kept, wherever it stands. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { genesisHash } from '#sync/contract/record.ts'
import { deviceIdSchema, incarnationSchema, instantSchema } from '#sync/contract/vocabulary.ts'
import { createMemoryDisk, seededRandom } from './memory-disk.ts'
import { writeFully } from './disk.ts'
import { loadJournal, type LoadedJournal } from './load.ts'
import { type ChainedRecord, chainRecord, encodeLine } from './record-line.ts'
import { segmentName } from './segment.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const incarnation = incarnationSchema.parse('aaaaaaaaaaaa')
const capturedAt = instantSchema.parse('2026-01-31T08:15:00.000Z')

const chainOf = (count: number, text = 'Tea \u0001 "two" ä'): ChainedRecord[] => {
  const chain: ChainedRecord[] = []
  for (let seq = 1; seq <= count; seq += 1) {
    const previousHash = chain.at(-1)?.hash ?? genesisHash
    chain.push(
      chainRecord({ deviceId, incarnation, seq, kind: 'transaction', capturedAt, payload: JSON.stringify({ seq, text }), previousHash }),
    )
  }
  return chain
}

type Files = Map<string, Uint8Array>
/** Three records a segment. */
const filesOf = (chain: readonly ChainedRecord[]): Files => {
  const files: Files = new Map()
  for (let at = 0; at < chain.length; at += 3)
    files.set(segmentName(incarnation, at + 1), Buffer.concat(chain.slice(at, at + 3).map(encodeLine)))
  return files
}

interface Load {
  loaded: LoadedJournal
  kept: number[]
}
const load = async (files: Files): Promise<Load> => {
  const disk = createMemoryDisk(seededRandom(1))
  for (const [name, bytes] of files) await writeFully(await disk.open(`/j/${name}`), bytes, 0)
  const kept: number[] = []
  const base = { seq: 0, hash: genesisHash }
  const loaded = await loadJournal(disk, { dir: '/j', incarnation, base }, ({ record }) => void kept.push(record.seq))
  return { loaded, kept }
}
const kindsOf = ({ loaded }: Load) =>
  loaded.findings.map(({ kind, segment, line, lost }) => [kind, segment, line, lost && [lost.fromSeq, lost.toSeq]])
const rangesOf = ({ loaded }: Load) => loaded.holes.map(({ fromSeq, toSeq }) => [fromSeq, toSeq])
const edit = (files: Files, firstSeq: number, change: (lines: Uint8Array[]) => Uint8Array[]): void => {
  const name = segmentName(incarnation, firstSeq)
  const text = Buffer.from(files.get(name) ?? '')
  const lines: Uint8Array[] = []
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(10, at) + 1
    lines.push(text.subarray(at, end))
    at = end
  }
  files.set(name, Buffer.concat(change(lines)))
}
const second = segmentName(incarnation, 4)
const last = segmentName(incarnation, 7)
const flipped = (line: Uint8Array | undefined, at = 200): Uint8Array => Buffer.from(line ?? []).fill(0x7e, at, at + 1)

describe('faults of a segment', () => {
  const chain = chainOf(9)

  it('[JNL1] finds nothing in a whole journal', async () => {
    const { loaded, kept } = await load(filesOf(chain))
    expect([loaded.findings, loaded.holes, loaded.end, kept]).toEqual([
      [],
      [],
      { seq: 9, hash: chain[8]?.hash },
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ])
  })

  it.each<[string, number, (lines: Uint8Array[]) => Uint8Array[], unknown[], number[][]]>([
    ['a damaged line', 4, ([a, b, c]) => [a, flipped(b), c] as Uint8Array[], ['damaged-line', second, 2, [5, 5]], [[5, 5]]],
    [
      'a damaged line at the end of a segment',
      4,
      ([a, b, c]) => [a, b, flipped(c)] as Uint8Array[],
      ['damaged-line', second, 3, [6, 6]],
      [[6, 6]],
    ],
    ['a damaged newest line', 7, ([a, b, c]) => [a, b, flipped(c)] as Uint8Array[], ['damaged-line', last, 3, [9, 9]], [[9, 9]]],
    ['two damaged lines', 4, ([a, b, c]) => [flipped(a), flipped(b), c] as Uint8Array[], ['damaged-line', second, 1, [4, 5]], [[4, 5]]],
    ['a removed line', 4, ([a, , c]) => [a, c] as Uint8Array[], ['broken-link', second, 2, [5, 5]], [[5, 5]]],
    [
      'a line of somebody else',
      4,
      ([a, b, c]) => [a, Buffer.from('# checked by Bob\n'), b, c] as Uint8Array[],
      ['foreign-line', second, 2, undefined],
      [],
    ],
    [
      'a line of somebody else at the end',
      7,
      (lines) => [...lines, Buffer.from('# checked by Bob\n')],
      ['foreign-line', last, 4, undefined],
      [],
    ],
    ['a torn tail', 7, (lines) => [...lines, Buffer.from('0123 {"device')], ['torn-tail', last, 4, undefined], []],
    [
      'a newest line full of holes',
      7,
      ([a, b, c]) => [a, b, Buffer.from(c ?? []).fill(0, 90, 160)] as Uint8Array[],
      ['torn-tail', last, 3, undefined],
      [],
    ],
    ['a segment that was cut off', 4, ([a]) => [a] as Uint8Array[], ['missing-segment', segmentName(incarnation, 5), 1, [5, 6]], [[5, 6]]],
  ])('[JNL1] %s', async (_name, segment, change, finding, holes) => {
    const files = filesOf(chain)
    edit(files, segment, change)
    const result = await load(files)
    expect(kindsOf(result)).toEqual([finding])
    expect(rangesOf(result)).toEqual(holes)
  })

  it('[JNL1] a missing segment, with the hashes on both sides of the hole', async () => {
    const files = filesOf(chain)
    files.delete(second)
    const result = await load(files)
    expect(kindsOf(result)).toEqual([['missing-segment', second, 1, [4, 6]]])
    expect(result.loaded.holes).toEqual([{ fromSeq: 4, toSeq: 6, before: chain[2]?.hash, behind: chain[5]?.hash }])
    files.set(second, filesOf(chain).get(second) ?? new Uint8Array())
    files.delete(segmentName(incarnation, 1))
    expect((await load(files)).loaded.holes).toEqual([{ fromSeq: 1, toSeq: 3, before: genesisHash, behind: chain[2]?.hash }])
  })

  it('[JNL1] a line that was written anew with other content: its hash is its own, but the next one does not continue it', async () => {
    const files = filesOf(chain)
    const honest = chain[4]?.record
    if (!honest) throw new Error('no record')
    edit(files, 4, ([a, , c]) => [a, encodeLine(chainRecord({ ...honest, payload: '{"seq":5,"text":"Coffee"}' })), c] as Uint8Array[])
    const result = await load(files)
    expect(kindsOf(result)).toEqual([['broken-link', second, 3, undefined]])
    expect(result.kept).toHaveLength(9)
  })

  it('[JNL1] lines that changed places lose nothing', async () => {
    const files = filesOf(chain)
    edit(files, 4, ([a, b, c]) => [b, a, c] as Uint8Array[])
    const result = await load(files)
    expect(kindsOf(result)).toEqual([
      ['broken-link', second, 1, undefined],
      ['broken-link', second, 2, undefined],
    ])
    expect([rangesOf(result), result.kept]).toEqual([[], [1, 2, 3, 4, 5, 6, 7, 8, 9]])
  })

  it('[JNL1] names the segment and the line of any single byte that was changed, and loses no other record', async () => {
    const files = filesOf(chain)
    const names = [...files.keys()]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 255 }), async (name, where, change) => {
        const bytes = Buffer.from(files.get(name) ?? [])
        const at = where % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ change
        const { loaded, kept } = await load(new Map(files).set(name, bytes))
        const [finding] = loaded.findings
        expect(finding).toMatchObject({ segment: name })
        expect(at).toBeGreaterThanOrEqual(finding?.byte ?? Infinity)
        expect(at).toBeLessThan((finding?.byte ?? 0) + (finding?.bytes ?? 0))
        const missing = loaded.holes.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0)
        const isNewline = (files.get(name) ?? [])[at] === 10
        expect(kept.length).toBe(isNewline ? 9 : 8)
        // A byte of the newest record that became a newline looks like two records.
        if (name !== last) expect(kept.length + missing).toBe(9)
      }),
      { numRuns: 2_000 },
    )
  })
})
