/**
 * Finds a record by its key. Made of the journal while that is opened; holds fingerprints only, and asks the journal for the record.
 *
 *   opening the journal ─▶ visit each record ─▶ over(journal): what comes back by `restore` is added, a renewal's numbers are followed
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Journal } from './journal/journal.ts'
import { type JournalVisitor, visitJournal } from './journal/visitor.ts'
import { createKeyIndex } from './key-index.ts'
import { keyOfRecord } from './record-keys.ts'

export interface RecordIndex {
  add(key: string, seq: number): void
  /** False: certainly not there. Needs no disk. */
  mayHave(key: string): boolean
  /** The first record of that key; of those that are `wanted`, where it is given. */
  find(key: string, wanted?: (record: TidelineRecord) => boolean): Promise<TidelineRecord | null>
}

export interface RecordIndexVisitor extends JournalVisitor {
  /** To be called before anything is appended to the journal that was visited. */
  over(journal: Journal): RecordIndex
}

export const createRecordIndex = (): RecordIndexVisitor => {
  let keys = createKeyIndex()

  const over = (journal: Journal): RecordIndex => {
    /** Numbers as they were when the journal was opened; a renewal may have lowered them since. */
    const add = (key: string, seq: number): void => keys.add(key, seq + journal.renumbered)
    journal.onRestored((records) => {
      for (const record of records) {
        const key = keyOfRecord(record)
        if (key !== null) add(key, record.seq)
      }
    })

    /** What was pruned is not found any more: it would be recorded again, and the hub counts it once. */
    const find: RecordIndex['find'] = async (key, wanted = () => true) => {
      for (const number of keys.candidates(key).sort((a, b) => a - b)) {
        const seq = number - journal.renumbered
        const [record] = seq < 1 ? [] : await journal.read(seq - 1, 1)
        if (record?.seq === seq && keyOfRecord(record) === key && wanted(record)) return record
      }
      return null
    }
    return { add, mayHave: (key) => keys.candidates(key).length > 0, find }
  }
  return {
    begin: () => void (keys = createKeyIndex()),
    visit: (record) => {
      const key = keyOfRecord(record)
      if (key !== null) keys.add(key, record.seq)
    },
    over,
  }
}

/** Of a journal that is open already. */
export const openRecordIndex = async (journal: Journal): Promise<RecordIndex> => {
  const index = createRecordIndex()
  await visitJournal(journal, index)
  return index.over(journal)
}
