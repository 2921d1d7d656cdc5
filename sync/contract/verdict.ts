/** What the hub decided about one record. Only `accepted` is left unsaid on the wire. */
import { z } from 'zod'
import { seqSchema } from './vocabulary.ts'

/**
 * accepted     in the log, counts
 * duplicate    the same natural key with the same content is in the log already; counts once
 * conflict     the same natural key with other content is in the log; both kept, a person decides
 * quarantined  kept as received, not understood; a person decides
 */
export const verdictKinds = ['accepted', 'duplicate', 'conflict', 'quarantined'] as const

export const verdictSchema = z.strictObject({
  seq: seqSchema,
  verdict: z.enum(verdictKinds),
  reason: z.string().max(1000).optional(),
})
export type Verdict = z.infer<typeof verdictSchema>
