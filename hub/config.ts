/** The hub's configuration: the environment, parsed once at start. */
import { z } from 'zod'
import { defaultJumpFactor } from './catalogue/price-doubt.ts'

export const hubRoles = ['gateway', 'worker', 'console'] as const
export type HubRole = (typeof hubRoles)[number]

const erpAccess = { url: z.url({ protocol: /^https?$/ }), user: z.string(), password: z.string(), database: z.string() }

export const erpConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('tryton'), ...erpAccess }),
  z.strictObject({ kind: z.literal('reference'), ...erpAccess }),
])
export type ErpConfig = z.infer<typeof erpConfigSchema>

/** The server that availability events are published to, beside webhooks. */
const natsConfigSchema = z.strictObject({
  url: z.url({ protocol: /^(nats|tls)$/ }),
  stream: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  token: z.string().optional(),
})
export type NatsConfig = z.infer<typeof natsConfigSchema>

export const hubConfigSchema = z.strictObject({
  host: z.string().min(1),
  /** 0 takes a free port. */
  port: z.int().min(0).max(65_535),
  /** Absent: the embedded server in `dataDir`. */
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .optional(),
  dataDir: z.string().min(1),
  /** Absent: generated once into `dataDir`. */
  operatorToken: z.string().min(8).optional(),
  erp: erpConfigSchema,
  roles: z.array(z.enum(hubRoles)).min(1),
  catalogueIntervalMs: z.int().min(100),
  /** A price so many times higher or lower than before waits for a person. */
  priceJumpFactor: z.int().min(2),
  /** Whether webhooks may be sent to addresses inside a network. */
  webhookPrivateTargets: z.enum(['refuse', 'allow']),
  /** Absent: none. */
  nats: natsConfigSchema.optional(),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug', 'trace']),
})
export type HubConfig = z.infer<typeof hubConfigSchema>

const integerText = z.string().regex(/^\d+$/, 'a whole number').transform(Number)

const { shape } = hubConfigSchema
const roleList = z.string().transform((text) => text.split(',').map((role) => role.trim()))

/** Each variable is judged under its own name, so that a person reads which one is wrong. */
const environmentSchema = z.object({
  TIDELINE_HUB_HOST: shape.host.default('127.0.0.1'),
  TIDELINE_HUB_PORT: integerText.pipe(shape.port).default(7300),
  DATABASE_URL: shape.databaseUrl,
  TIDELINE_HUB_DATA: shape.dataDir.default('.tideline/hub'),
  TIDELINE_OPERATOR_TOKEN: shape.operatorToken,
  TIDELINE_ERP: z.enum(['tryton', 'reference', 'none']).default('none'),
  TIDELINE_ERP_URL: erpAccess.url.default('http://127.0.0.1:8000'),
  TIDELINE_ERP_USER: erpAccess.user.default('admin'),
  TIDELINE_ERP_PASSWORD: erpAccess.password.default(''),
  TIDELINE_ERP_DATABASE: erpAccess.database.default('tideline'),
  TIDELINE_ROLES: roleList.pipe(shape.roles).default([...hubRoles]),
  TIDELINE_CATALOGUE_INTERVAL_MS: integerText.pipe(shape.catalogueIntervalMs).default(5_000),
  TIDELINE_PRICE_JUMP_FACTOR: integerText.pipe(shape.priceJumpFactor).default(defaultJumpFactor),
  TIDELINE_WEBHOOK_PRIVATE_TARGETS: shape.webhookPrivateTargets.default('refuse'),
  TIDELINE_NATS_URL: natsConfigSchema.shape.url.optional(),
  TIDELINE_NATS_STREAM: natsConfigSchema.shape.stream.default('TIDELINE_AVAILABILITY'),
  TIDELINE_NATS_TOKEN: natsConfigSchema.shape.token,
  TIDELINE_LOG: shape.logLevel.default('info'),
})

/** Empty variables count as unset. Throws with one line that names each wrong variable, and shows no value: some are secret. */
export const readHubConfig = (environment: Record<string, string | undefined>): HubConfig => {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const read = environmentSchema.safeParse(set)
  if (!read.success)
    throw new Error(`hub configuration: ${read.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`).join('; ')}`)
  const env = read.data
  const access = {
    url: env.TIDELINE_ERP_URL,
    user: env.TIDELINE_ERP_USER,
    password: env.TIDELINE_ERP_PASSWORD,
    database: env.TIDELINE_ERP_DATABASE,
  }
  return {
    host: env.TIDELINE_HUB_HOST,
    port: env.TIDELINE_HUB_PORT,
    databaseUrl: env.DATABASE_URL,
    dataDir: env.TIDELINE_HUB_DATA,
    operatorToken: env.TIDELINE_OPERATOR_TOKEN,
    erp: env.TIDELINE_ERP === 'none' ? { kind: 'none' } : { kind: env.TIDELINE_ERP, ...access },
    roles: env.TIDELINE_ROLES,
    catalogueIntervalMs: env.TIDELINE_CATALOGUE_INTERVAL_MS,
    priceJumpFactor: env.TIDELINE_PRICE_JUMP_FACTOR,
    webhookPrivateTargets: env.TIDELINE_WEBHOOK_PRIVATE_TARGETS,
    ...(env.TIDELINE_NATS_URL === undefined
      ? {}
      : { nats: { url: env.TIDELINE_NATS_URL, stream: env.TIDELINE_NATS_STREAM, token: env.TIDELINE_NATS_TOKEN } }),
    logLevel: env.TIDELINE_LOG,
  }
}
