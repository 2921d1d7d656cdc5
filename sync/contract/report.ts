/** What an agent tells of itself every minute or so: the hub then knows what it does not have yet, and how the store's computer fares. */
import { z } from 'zod'
import { errorCodeNames } from './error-codes.ts'
import { trafficClassSchema } from './traffic.ts'
import { checkpointSchema, incarnationSchema, instantSchema } from './vocabulary.ts'

const countSchema = z.int().min(0)

export const diskStates = ['roomy', 'low', 'reserve', 'full', 'failing'] as const

export const reportSchema = z.strictObject({
  agentVersion: z.string().max(32),
  /** Operating system and its version, for people. */
  platform: z.string().max(100).optional(),
  journal: z.strictObject({ incarnation: incarnationSchema, seq: countSchema, ackedSeq: countSchema, missingRecords: countSchema }),
  pending: z.strictObject({ count: countSchema, oldestCapturedAt: instantSchema.optional() }),
  disk: z.strictObject({ state: z.enum(diskStates), freeBytes: countSchema.optional() }),
  openExceptions: countSchema,
  quarantined: countSchema,
  /** Where each feed stands here. */
  feeds: z.record(z.string().max(32), checkpointSchema),
  parkedDocuments: countSchema,
  traffic: z.strictObject({
    open: z.array(trafficClassSchema).max(3),
    sentBytesToday: countSchema,
    receivedBytesToday: countSchema,
    /** Seconds until the present backlog is through, where that can be said. */
    backlogSeconds: countSchema.optional(),
  }),
  /** The store's clock minus the hub's, and how far that may be wrong. */
  clock: z.strictObject({ offsetMs: z.int(), uncertaintyMs: countSchema }).optional(),
  lastRefusal: z.strictObject({ code: z.enum(errorCodeNames), at: instantSchema }).optional(),
  uptimeSeconds: countSchema,
})
export type Report = z.infer<typeof reportSchema>

export const reportedSchema = z.strictObject({ outcome: z.literal('reported'), hubTime: instantSchema })
