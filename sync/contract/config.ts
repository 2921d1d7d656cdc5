/** The agent's configuration, from a JSON file and the environment; parsed once at start. */
import { z } from 'zod'
import { currencySchema, deviceIdSchema, storeIdSchema, workstationIdSchema } from './vocabulary.ts'

/** A POS database, read by a watermark: the query's rows ascend by it, and `:after` and `:limit` in the text stand for its two values. */
export const databaseSourceSchema = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,50}$/, 'letters, digits, dot, dash or underscore'),
    kind: z.enum(['sqlite', 'postgres', 'mysql']),
    /** A file's path (sqlite) or a connection URL. */
    connection: z.string().min(1),
    query: z.string().min(1).max(10_000),
    /** The column that ascends: an integer that the database itself gives. */
    watermark: z.string().min(1).max(100),
    /** The mapping (its `name`) that makes transactions of rows; without one, `document` names the column that holds a whole document. */
    mapping: z.string().min(1).optional(),
    document: z.string().min(1).optional(),
    everyMs: z.int().min(100).default(5_000),
    /** So many numbers are read again each time: a row may become visible after a later one. */
    overlap: z.int().min(0).max(100_000).default(200),
    batch: z.int().min(1).max(10_000).default(500),
  })
  .refine(({ query }) => /:after\b/.test(query) && /:limit\b/.test(query), { path: ['query'], message: 'needs :after and :limit' })
  .refine(({ mapping, document }) => (mapping === undefined) !== (document === undefined), 'needs either mapping or document')
export type DatabaseSource = z.infer<typeof databaseSourceSchema>

const isOneInterface = (host: string): boolean => !/^(?:::ffff:)?[0.:]*$/i.test(host)

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
  /** Tills on the store's network: TLS, and a token for each till. Without it only this computer is listened to. */
  lan: z
    .strictObject({
      /** The address of one network interface; never a wildcard. */
      host: z
        .union([z.ipv4(), z.ipv6()], "the address of one of this computer's network interfaces, such as 192.168.1.10")
        .refine(isOneInterface, 'every interface at once is refused: name the address of the one that the tills are on'),
      port: z.int().min(0).max(65_535).default(7311),
      /** PEM files; without them the agent makes a certificate of its own. */
      certFile: z.string().min(1).optional(),
      keyFile: z.string().min(1).optional(),
      /** One token file each, in `till-tokens/` of the data folder. */
      workstations: z.array(workstationIdSchema).min(1).max(200),
    })
    .optional(),
  watch: z
    .strictObject({
      dir: z.string().min(1),
      settleMs: z.int().min(0).default(300),
      /** Read as a stream: memory does not grow with the file. */
      maxFileBytes: z.int().min(1_000).default(2_000_000_000),
    })
    .optional(),
  /** Declarative mappings of delimited files and of database rows, one JSON file each. */
  mappings: z.array(z.string().min(1)).max(50).default([]),
  /** POS databases that are asked for new rows. */
  databases: z
    .array(databaseSourceSchema)
    .max(20)
    .refine((sources) => new Set(sources.map(({ name }) => name)).size === sources.length, 'two of them have one name')
    .default([]),
  /** Two sources report the same tills: what one says and the other does not becomes an exception. */
  crossCheck: z.boolean().default(false),
  /** How long what the hub has acknowledged stays here, so that a hub restored from a backup can be filled again. */
  retention: z
    .strictObject({
      days: z.int().min(1).default(30),
      maxBytes: z.int().min(1_000_000).default(5_000_000_000),
    })
    .prefault({}),
  disk: z
    .strictObject({
      /** Below so much free space the manager is warned. */
      warnBytes: z.int().min(0).default(1_000_000_000),
      /** Held back in a file of its own, and given up for the last sales when the disk is full. */
      reserveBytes: z.int().min(0).default(32_000_000),
    })
    .prefault({}),
  /** How long a hole in a till's sequence may stay before it becomes an exception. */
  missingGraceMinutes: z.number().min(0).default(15),
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
