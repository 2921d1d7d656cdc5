/**
 * A compressed message: raw DEFLATE (RFC 1951) of the UTF-8 JSON text of what it stands for. Whoever inflates it stops at
 * `packedLimits.maxInflatedBytes`, and parses what comes out as if it had come plain.
 */
import { z } from 'zod'
import { packedLimits } from './protocol.ts'
import { bytesSchema } from './vocabulary.ts'

export const packedSchema = z.strictObject({
  codec: z.literal('deflate-raw'),
  bytes: bytesSchema.refine((bytes) => bytes.length <= packedLimits.maxBytes, `at most ${packedLimits.maxBytes} bytes`),
})
export type Packed = z.infer<typeof packedSchema>
