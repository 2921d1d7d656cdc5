/**
 * A hole: numbers of one life that no readable record bears, between the chain hashes on both sides of it. A record fits when the chain
 * leads to it from the start of the hole, or back from its end.
 */
import { z } from 'zod'
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import { deviceIdSchema, incarnationSchema, seqSchema, type Sha256, sha256Schema } from '#sync/contract/vocabulary.ts'
import type { Finding } from './finding.ts'
import type { ChainedRecord } from './record-line.ts'
import type { ChainPosition } from './segment.ts'
import { sha256 } from './sha256.ts'

export const holeSchema = z.object({
  deviceId: deviceIdSchema,
  incarnation: incarnationSchema,
  fromSeq: seqSchema,
  toSeq: seqSchema,
  /** Hash of the record before it. */
  before: sha256Schema.optional(),
  /** Hash that its last record must have; unknown where nothing stands behind it. */
  behind: sha256Schema.optional(),
  /** In the present life: what is restored stands behind this record. */
  since: z.int().min(0),
})
export type Hole = z.infer<typeof holeSchema>
export type HoleRange = Pick<Hole, 'fromSeq' | 'toSeq' | 'before' | 'behind'>

export interface Coverage {
  add(chained: ChainedRecord): void
  /** What between the base and the end no record bears. */
  holes(base: ChainPosition | null, findings: readonly Finding[]): HoleRange[]
}

interface Run {
  fromSeq: number
  toSeq: number
  previousHash: Sha256
  hash: Sha256
}

export const createCoverage = (): Coverage => {
  const runs: Run[] = []
  const add = ({ record: { seq, previousHash }, hash }: ChainedRecord): void => {
    const last = runs.at(-1)
    if (last && seq === last.toSeq + 1) {
      last.toSeq = seq
      last.hash = hash
    } else runs.push({ fromSeq: seq, toSeq: seq, previousHash, hash })
  }
  const holes: Coverage['holes'] = (base, findings) => {
    const found: HoleRange[] = []
    const sorted = runs.toSorted((a, b) => a.fromSeq - b.fromSeq)
    let reach = base ?? { seq: (sorted[0]?.fromSeq ?? 1) - 1, hash: undefined }
    for (const run of sorted) {
      if (run.fromSeq > reach.seq + 1) found.push(rangeOf(reach.seq + 1, run.fromSeq - 1, reach.hash, run.previousHash))
      if (run.toSeq > reach.seq) reach = { seq: run.toSeq, hash: run.hash }
    }
    const end = Math.max(0, ...findings.map(({ lost }) => lost?.toSeq ?? 0))
    if (end > reach.seq) found.push(rangeOf(reach.seq + 1, end, reach.hash, undefined))
    return found
  }
  return { add, holes }
}

const rangeOf = (fromSeq: number, toSeq: number, before: Sha256 | undefined, behind: Sha256 | undefined): HoleRange => ({
  ...{ fromSeq, toSeq },
  ...(before === undefined ? {} : { before }),
  ...(behind === undefined ? {} : { behind }),
})

export interface Fitting {
  accepted: TidelineRecord[]
  /** What is still missing. */
  holes: Hole[]
}

export const fitRecords = (holes: readonly Hole[], records: readonly TidelineRecord[]): Fitting => {
  const fittings = holes.map((hole) => fitHole(hole, records))
  return { accepted: fittings.flatMap((fitting) => fitting.accepted), holes: fittings.flatMap((fitting) => fitting.holes) }
}

const fitHole = (hole: Hole, records: readonly TidelineRecord[]): Fitting => {
  const offered = records
    .filter((record) => record.incarnation === hole.incarnation && record.deviceId === hole.deviceId)
    .filter((record) => record.seq >= hole.fromSeq && record.seq <= hole.toSeq && sha256(record.payload) === record.payloadHash)
    .map((record): ChainedRecord => ({ record, hash: sha256(chainText(record)) }))

  const back: TidelineRecord[] = []
  let { toSeq, behind } = hole
  const linkBack = (): ChainedRecord | undefined => offered.find(({ record, hash }) => record.seq === toSeq && hash === behind)
  for (let next = linkBack(); next; next = linkBack()) {
    back.unshift(next.record)
    toSeq -= 1
    behind = next.record.previousHash
  }
  const front: TidelineRecord[] = []
  let { fromSeq, before } = hole
  const linkOn = (): ChainedRecord | undefined =>
    offered.find(({ record }) => fromSeq <= toSeq && record.seq === fromSeq && record.previousHash === before)
  for (let next = linkOn(); next; next = linkOn()) {
    front.push(next.record)
    fromSeq += 1
    before = next.hash
  }
  // A chain that fills the gap and does not end where the journal goes on is another history.
  const strays = fromSeq > toSeq && behind !== undefined && before !== undefined && before !== behind
  if (strays) return { accepted: back, holes: toSeq < hole.fromSeq ? [] : [{ ...hole, toSeq, behind }] }
  const rest = fromSeq > toSeq ? [] : [{ ...hole, fromSeq, toSeq, before, behind }]
  return { accepted: [...front, ...back], holes: rest }
}
