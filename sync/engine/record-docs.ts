/** The journal's records as documents of the local database, each with the running tally. */
import type { TidelineRecord } from '#sync/contract/record.ts'
import { recordDocId } from '#sync/store/record-shelf.ts'
import type { RecordDoc, Tally } from '#sync/store/schemas.ts'

export const emptyTally: Tally = { transactions: 0, quarantined: 0 }

const ownTally = ({ kind }: Pick<TidelineRecord, 'kind'>): Tally => ({
  transactions: kind === 'transaction' || kind === 'conflict' ? 1 : 0,
  quarantined: kind === 'quarantine' ? 1 : 0,
})

export const recordDocs = (records: readonly TidelineRecord[], before: Tally): RecordDoc[] => {
  let tally = before
  return records.map((record) => {
    const own = ownTally(record)
    tally = { transactions: tally.transactions + own.transactions, quarantined: tally.quarantined + own.quarantined }
    return { id: recordDocId(record.incarnation, record.seq), kind: record.kind, record, tally }
  })
}

/** What was counted before this document; of the oldest one kept: what is not counted any more. */
export const tallyBefore = ({ record, tally }: RecordDoc): Tally => {
  const own = ownTally(record)
  return { transactions: tally.transactions - own.transactions, quarantined: tally.quarantined - own.quarantined }
}
