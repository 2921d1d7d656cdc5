/** The agent's configuration, from a JSON file and the environment; parsed once at start. */
import { z } from 'zod'
import { currencySchema, deviceIdSchema, storeIdSchema } from './vocabulary.ts'

export const agentConfigSchema = z.strictObject({
  /** Folder of journal, quarantine, PLU files and the local database. Absolute. */
  dataDir: z.string().min(1),
  hubUrl: z.url({ protocol: /^https?$/ }),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(7310),
      maxBodyBytes: z.int().min(1_000).default(2_000_000),
    })
    .prefault({}),
  watch: z
    .strictObject({ dir: z.string().min(1), settleMs: z.int().min(0).default(300), maxFileBytes: z.int().min(1_000).default(50_000_000) })
    .optional(),
  pluDir: z.string().min(1).optional(),
  showWindow: z.boolean().default(true),
  /** Where newer versions of the agent are published; without it the agent never looks. */
  updateUrl: z.url({ protocol: /^https?$/ }).optional(),
})
export type AgentConfig = z.infer<typeof agentConfigSchema>

/** What enrolment gave this agent; kept by the vault. */
export const identitySchema = z.strictObject({
  deviceId: deviceIdSchema,
  storeId: storeIdSchema,
  storeName: z.string(),
  currency: currencySchema,
  timeZone: z.string(),
})
export type Identity = z.infer<typeof identitySchema>
