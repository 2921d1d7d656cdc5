/**
 * From a journal's folder to a day's certificate. Nothing is written to the folder. A journal that was changed anywhere from the day's
 * first record on is refused, with the place; the certificate is checked as a stranger would before it is given.
 */
import type { DayCloseStatement } from '#sync/contract/day-close.ts'
import type { Disk } from '../journal/disk.ts'
import { readManifest } from '../journal/manifest.ts'
import type { ChainedRecord } from '../journal/record-line.ts'
import { checkCertificate, writeCertificate } from './certificate.ts'
import { type Fault, readLines } from './journal-lines.ts'
import { readCounted } from './read-record.ts'

export type Proof = { outcome: 'proven'; text: string; statement: DayCloseStatement } | { outcome: 'refused'; message: string }

const refuse = (message: string): Proof => ({ outcome: 'refused', message })

const faultText = ({ segment, byte, seq, message }: Fault): string =>
  `The journal was changed: ${message} (${segment}, byte ${byte}, where record ${seq} should stand).`

interface Survey {
  statement: DayCloseStatement | undefined
  closeSeq: number
  faults: Fault[]
}

/** The day's newest close in this life, and all that does not fit. */
const survey = async (disk: Disk, dir: string, incarnation: string, businessDay: string): Promise<Survey> => {
  const found: Survey = { statement: undefined, closeSeq: 0, faults: [] }
  for await (const line of readLines(disk, dir, incarnation)) {
    if ('fault' in line) found.faults.push(line.fault)
    else if (line.chained.record.kind === 'day-close') {
      const counted = readCounted(line.chained.record)
      if (counted?.kind !== 'day-close' || counted.statement.businessDay !== businessDay) continue
      if (counted.statement.chain.incarnation === incarnation)
        Object.assign(found, { statement: counted.statement, closeSeq: line.chained.record.seq })
    }
  }
  return found
}

export const proveDay = async (disk: Disk, dir: string, businessDay: string): Promise<Proof> => {
  const manifest = await readManifest(disk, dir).catch(() => null)
  if (!manifest) return refuse(`There is no journal in ${dir}.`)
  const { incarnation } = manifest
  const { statement, closeSeq, faults } = await survey(disk, dir, incarnation, businessDay)
  const [first] = faults
  if (!statement)
    return refuse(
      first
        ? faultText(first)
        : `The business day ${businessDay} has no close in this life of the journal. The agent writes one after the till's Z report.`,
    )
  const fault = faults.find(({ seq }) => seq >= statement.chain.firstSeq)
  if (fault) return refuse(faultText(fault))

  const chain: ChainedRecord[] = []
  for await (const line of readLines(disk, dir, incarnation))
    if ('chained' in line && line.chained.record.seq >= statement.chain.firstSeq && line.chained.record.seq <= closeSeq)
      chain.push(line.chained)
  const text = writeCertificate(statement, chain)
  const checked = checkCertificate(new TextEncoder().encode(text))
  if (checked.outcome === 'proven') return { outcome: 'proven', text, statement }
  const record = chain[checked.line - 2]?.record.seq
  return refuse(`The journal does not bear out the day's close: ${checked.message}${record === undefined ? '' : ` (record ${record})`}.`)
}
