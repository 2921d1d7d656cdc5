/** Every schema that travels between store and hub, by name. */
import type { z } from 'zod'
import { downMessages } from '#sync/contract/down.ts'
import { feedDocumentSchemas } from '#sync/contract/feed.ts'
import { conflictPayloadSchema, quarantinePayloadSchema, transactionPayloadSchema } from '#sync/contract/record.ts'
import { dayClosePayloadSchema, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import { priceOverrideSchema } from '#sync/contract/price-override.ts'
import { stockDocumentSchema } from '#sync/contract/stock-document.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { upMessages } from '#sync/contract/up.ts'

const prefixed = (prefix: string, schemas: Record<string, z.ZodType>): [string, z.ZodType][] =>
  Object.entries(schemas).map(([name, schema]) => [`${prefix} ${name}`, schema])

export const wireSchemas = new Map<string, z.ZodType>([
  ...Object.entries(upMessages).flatMap(([name, { request, response }]) => prefixed(`up ${name}`, { request, response })),
  ...prefixed('down', downMessages),
  ...prefixed('feed', feedDocumentSchemas),
  ...prefixed('payload', {
    transaction: transactionPayloadSchema,
    conflict: conflictPayloadSchema,
    quarantine: quarantinePayloadSchema,
    dayClose: dayClosePayloadSchema,
    dayCloseStatement: dayCloseStatementSchema,
    exception: storeExceptionSchema,
    stockDocument: stockDocumentSchema,
    priceOverride: priceOverrideSchema,
  }),
])
