/** A receipt's lines as the ERP knows them: where the mapping says which item a line is, the posting says so too [IDN6]. */
import { transactionSchema } from '#sync/contract/transaction.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { readIdentities } from './identities.ts'
import { resolveLine, type TillLine } from './resolve.ts'

/** What cannot be read stays as it is: whoever posts it says so. */
export const identifyPostings = async <P extends { payload: string }>(db: Kysely<Tables>, postings: readonly P[]): Promise<P[]> => {
  const read = postings.map((posting) => ({ posting, transaction: transactionOf(posting.payload) }))
  const tillLines = read.flatMap(({ transaction: t }) =>
    (t?.lineItems ?? []).map((line): TillLine => ({ ...line, storeId: t?.storeId ?? '' })),
  )
  const identities = await readIdentities(db, tillLines)
  return read.map(({ posting, transaction: t }) => {
    if (!t) return posting
    const lineItems = t.lineItems.map((line) => {
      const { itemId, isMapped } = resolveLine({ ...line, storeId: t.storeId }, identities)
      return isMapped ? { ...line, itemId } : line
    })
    return { ...posting, payload: JSON.stringify({ ...t, lineItems }) }
  })
}

const transactionOf = (payload: string) => {
  try {
    return transactionSchema.safeParse(JSON.parse(payload)).data
  } catch {
    return undefined
  }
}
