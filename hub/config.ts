/** The hub's configuration: the environment, parsed once at start. */
import { z } from 'zod'

export const hubRoles = ['gateway', 'worker', 'console'] as const
export type HubRole = (typeof hubRoles)[number]

const erpAccess = { url: z.url({ protocol: /^https?$/ }), user: z.string(), password: z.string(), database: z.string() }

export const erpConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('tryton'), ...erpAccess }),
  z.strictObject({ kind: z.literal('reference'), ...erpAccess }),
])
export type ErpConfig = z.infer<typeof erpConfigSchema>

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
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug', 'trace']),
})
export type HubConfig = z.infer<typeof hubConfigSchema>

const integerText = z.string().regex(/^\d+$/, 'a whole number').transform(Number)

const environmentSchema = z.object({
  TIDELINE_HUB_HOST: z.string().default('127.0.0.1'),
  TIDELINE_HUB_PORT: integerText.default(7300),
  DATABASE_URL: z.string().optional(),
  TIDELINE_HUB_DATA: z.string().default('.tideline/hub'),
  TIDELINE_OPERATOR_TOKEN: z.string().optional(),
  TIDELINE_ERP: z.enum(['tryton', 'reference', 'none']).default('none'),
  TIDELINE_ERP_URL: z.string().default('http://127.0.0.1:8000'),
  TIDELINE_ERP_USER: z.string().default('admin'),
  TIDELINE_ERP_PASSWORD: z.string().default(''),
  TIDELINE_ERP_DATABASE: z.string().default('tideline'),
  TIDELINE_ROLES: z.string().default(hubRoles.join(',')),
  TIDELINE_CATALOGUE_INTERVAL_MS: integerText.default(5_000),
  TIDELINE_LOG: z.string().default('info'),
})

/** Empty variables count as unset. Throws with one line that names each wrong variable. */
export const readHubConfig = (environment: Record<string, string | undefined>): HubConfig => {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const env = parsed(environmentSchema.safeParse(set))
  const access = {
    url: env.TIDELINE_ERP_URL,
    user: env.TIDELINE_ERP_USER,
    password: env.TIDELINE_ERP_PASSWORD,
    database: env.TIDELINE_ERP_DATABASE,
  }
  return parsed(
    hubConfigSchema.safeParse({
      host: env.TIDELINE_HUB_HOST,
      port: env.TIDELINE_HUB_PORT,
      databaseUrl: env.DATABASE_URL,
      dataDir: env.TIDELINE_HUB_DATA,
      operatorToken: env.TIDELINE_OPERATOR_TOKEN,
      erp: env.TIDELINE_ERP === 'none' ? { kind: 'none' } : { kind: env.TIDELINE_ERP, ...access },
      roles: env.TIDELINE_ROLES.split(',').map((role) => role.trim()),
      catalogueIntervalMs: env.TIDELINE_CATALOGUE_INTERVAL_MS,
      logLevel: env.TIDELINE_LOG,
    }),
  )
}

const parsed = <T>(result: z.ZodSafeParseResult<T>): T => {
  if (result.success) return result.data
  throw new Error(`hub configuration: ${result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`)
}
