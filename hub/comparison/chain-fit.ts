/**
 * Does a record that was sent again fit the chain of what stands in the log around it? Pure.
 *
 *   before ─▶ record ─▶ behind        what stands behind names the record's chain hash, and with it the whole record: that decides.
 *                                     Only where nothing stands there, the record's own link to the one before it does.
 */
import { chainText } from '#sync/contract/record.ts'
import type { Sha256Hex } from '../intake/judge.ts'
import type { ReceivedRecord } from '../intake/received-batch.ts'

/** What the log has of one stream around the records in question. */
export interface Surroundings {
  /** The chain hash that the record behind this number, or the stream's head, names for it. */
  namedBehind(seq: number): string | undefined
  /** The chain hash of the record in the log with this number. */
  hashAt(seq: number): string | undefined
}

/** The flaw of each record that does not fit, by number. Whoever is proven by what stands behind it proves the one before it in turn. */
export const chainFlaws = (records: readonly ReceivedRecord[], around: Surroundings, sha256: Sha256Hex): Map<number, string> => {
  const hashes = new Map(records.map((record) => [record.seq, sha256(chainText(record))]))
  const named = new Map<number, string>()
  const flaws = new Map<number, string>()
  for (const record of records.toSorted((a, b) => b.seq - a.seq)) {
    const hash = hashes.get(record.seq)
    const expected = named.get(record.seq) ?? around.namedBehind(record.seq)
    const before = hashes.get(record.seq - 1) ?? around.hashAt(record.seq - 1)
    if (expected !== undefined && expected !== hash)
      flaws.set(record.seq, `BROKEN_CHAIN: what stands behind the record in the log follows ${expected}, the record is ${hash}`)
    else if (expected === undefined && before !== undefined && before !== record.previousHash)
      flaws.set(record.seq, `BROKEN_CHAIN: the record follows ${record.previousHash}, the hub holds ${before}`)
    else named.set(record.seq - 1, record.previousHash)
  }
  return flaws
}
