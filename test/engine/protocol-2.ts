/**
 * Protocol 2 as it was, frozen: what a hub of that version takes, strictly. A hello of a newer agent may say more; what is not known
 * of it is left out.
 */
import { z } from 'zod'
import { feedNameSchema } from '#sync/contract/feed.ts'
import { recordSchema } from '#sync/contract/record.ts'
import { checkpointSchema, deviceIdSchema, incarnationSchema, seqSchema } from '#sync/contract/vocabulary.ts'

export const protocol2Requests: Readonly<Record<string, z.ZodType>> = {
  hello: z.object({
    ...{ protocolVersion: z.int().min(1), deviceId: deviceIdSchema, incarnation: incarnationSchema },
    ...{ signature: z.string().max(200), agentVersion: z.string().max(32) },
  }),
  batch: z.strictObject({ records: z.array(recordSchema).min(1).max(500) }),
  pull: z.strictObject({ feed: feedNameSchema, after: checkpointSchema, limit: z.int().min(1).max(2_000) }),
  fetch: z.strictObject({ incarnation: incarnationSchema, fromSeq: seqSchema, toSeq: seqSchema }),
}
