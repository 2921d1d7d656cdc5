/** Whoever must know every record sees it while the journal is verified at its opening: the journal is read once, however many they are. */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Journal } from './journal.ts'

export interface JournalVisitor {
  /** The records come from the first one on. What was seen before counts no more: an opening may have to begin again. */
  begin(): void | Promise<void>
  /** Every record that the journal then holds, once, in its order. */
  visit(record: TidelineRecord): void
}

export const visitTogether = (visitors: readonly JournalVisitor[]): JournalVisitor => ({
  begin: async () => {
    for (const visitor of visitors) await visitor.begin()
  },
  visit: (record) => {
    for (const visitor of visitors) visitor.visit(record)
  },
})

const pageRecords = 2_000

/** For a journal that is open already. */
export const visitJournal = async (journal: Pick<Journal, 'read'>, visitor: JournalVisitor): Promise<void> => {
  await visitor.begin()
  for (let after = 0; ;) {
    const page = await journal.read(after, pageRecords)
    for (const record of page) visitor.visit(record)
    const last = page.at(-1)
    if (!last) return
    after = last.seq
  }
}
