import type { FastifyInstance } from 'fastify'
import type { Database } from '../storage/database.ts'
export const registerAvailabilityRoutes = (_app: FastifyInstance, _options: { db: Database }): void => undefined
