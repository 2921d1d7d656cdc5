/** The few words of a logger that posting and catalogue use; pino's and Fastify's both fit. */
import type { BaseLogger } from 'pino'

export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>
