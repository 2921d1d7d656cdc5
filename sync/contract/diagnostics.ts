/**
 * A support bundle, asked for by the hub and sent only after the store's manager said yes. It holds logs and states; no receipts, no
 * names, no tokens, no keys.
 */
import { z } from 'zod'
import { bytesSchema } from './vocabulary.ts'

export const diagnosticsRequestIdSchema = z.string().regex(/^[a-z0-9-]{8,64}$/, 'letters, digits and dashes')

export const diagnosticsSchema = z.discriminatedUnion('answer', [
  z.strictObject({ requestId: diagnosticsRequestIdSchema, answer: z.literal('declined') }),
  /** Part `part` of `parts`, counted from 1: all together are gzip of JSON lines. */
  z.strictObject({
    requestId: diagnosticsRequestIdSchema,
    answer: z.literal('granted'),
    part: z.int().min(1).max(100),
    parts: z.int().min(1).max(100),
    bytes: bytesSchema.refine((bytes) => bytes.length <= 500_000, 'at most 500000 bytes'),
  }),
])
export type Diagnostics = z.infer<typeof diagnosticsSchema>

export const diagnosticsTakenSchema = z.strictObject({ outcome: z.literal('taken') })
