/** The tills' HTTP interface: what travels, as schemas. The OpenAPI document is made of them (openapi.ts). */
import { z } from 'zod'
import { closeDifferenceSchema, dayTotalsSchema } from '#sync/contract/day-close.ts'
import { businessDayStateSchema, diskStates, journalHeadSchema, openExceptionSchema } from '#sync/contract/ipc.ts'
import { priceOverrideSchema } from '#sync/contract/price-override.ts'
import { tillTotalsSchema, unitSchema } from '#sync/contract/transaction.ts'
import {
  amountMinorSchema,
  businessDaySchema,
  currencySchema,
  instantSchema,
  itemIdSchema,
  storeIdSchema,
  tillTimeSchema,
  workstationIdSchema,
} from '#sync/contract/vocabulary.ts'
import { errorCodeNames } from '#sync/contract/error-codes.ts'

const reasonSchema = z.strictObject({
  code: z.string().meta({ description: 'An error code, such as INVALID' }),
  message: z.string().meta({ description: 'What is wrong; names the field' }),
  where: z.string().optional().meta({ description: 'Place in the document' }),
})
const recordIdSchema = z.string().meta({ description: 'Identity of the durable record', example: 'dev-a1b2c3d4e5f6:k3j9x0q2m7ab:1042' })

export const capturedSchema = z.strictObject({
  outcome: z.literal('captured'),
  recordId: recordIdSchema,
  warnings: z.array(reasonSchema).optional().meta({ description: 'Taken all the same, but worth a look' }),
})
export const duplicateSchema = z.strictObject({ outcome: z.literal('duplicate'), recordId: recordIdSchema })
export const conflictSchema = z.strictObject({ outcome: z.literal('conflict'), recordId: recordIdSchema, firstRecordId: recordIdSchema })
export const quarantinedSchema = z.strictObject({
  outcome: z.literal('quarantined'),
  quarantineId: recordIdSchema,
  reasons: z.array(reasonSchema).min(1),
})
const answerSchema = z.discriminatedUnion('outcome', [capturedSchema, duplicateSchema, conflictSchema, quarantinedSchema])
export type TransactionAnswer = z.infer<typeof answerSchema>

export const multiAnswerSchema = z.strictObject({
  results: z
    .array(z.strictObject({ status: z.union([z.literal(200), z.literal(201), z.literal(409), z.literal(422)]), answer: answerSchema }))
    .meta({ description: 'One for each transaction, in the order of the document' }),
})

export const refusalSchema = z.strictObject({ outcome: z.literal('refused'), code: z.enum(errorCodeNames), message: z.string() })
export type Refusal = z.infer<typeof refusalSchema>

export const itemAnswerSchema = z.strictObject({
  barcode: z.string(),
  itemId: itemIdSchema,
  name: z.string(),
  unit: unitSchema,
  priceMinor: amountMinorSchema.meta({ description: 'Price of one unit now, tax included, in the minor unit of the currency' }),
  currency: currencySchema,
  effectiveFrom: instantSchema,
  next: z
    .strictObject({ priceMinor: amountMinorSchema, effectiveFrom: instantSchema })
    .optional()
    .meta({ description: 'The next known price' }),
})
export type ItemAnswer = z.infer<typeof itemAnswerSchema>

export const healthSchema = z.strictObject({
  store: storeIdSchema,
  deviceId: z.string(),
  writable: z.boolean().meta({ description: 'False after a failed write, until one succeeds again' }),
  journal: journalHeadSchema,
  lastCapturedAt: instantSchema.nullable(),
  disk: z
    .strictObject({ state: z.enum(diskStates), freeBytes: z.int().min(0).optional(), message: z.string().optional() })
    .meta({ description: 'Room on the disk: from reserve on the last sales still land, from full on none is taken' }),
})
export type Health = z.infer<typeof healthSchema>

export const dayCloseRequestSchema = z.strictObject({
  storeId: storeIdSchema.optional().meta({ description: 'Checked where it is given' }),
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  totals: tillTotalsSchema.meta({ description: 'What the till says of its day; only what is stated is compared' }),
})
export type DayCloseRequest = z.infer<typeof dayCloseRequestSchema>

export const dayCloseAnswerSchema = z.strictObject({
  outcome: z.enum(['closed', 'duplicate']),
  recordId: recordIdSchema,
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  differences: z.array(closeDifferenceSchema).meta({ description: 'Empty when till and agent say the same' }),
})
export type DayCloseAnswer = z.infer<typeof dayCloseAnswerSchema>

export const dayCloseResultsSchema = z.strictObject({
  results: z.array(z.strictObject({ status: z.union([z.literal(200), z.literal(201)]), answer: dayCloseAnswerSchema })),
})

export const exceptionsAnswerSchema = z.strictObject({
  count: z.int().min(0),
  exceptions: z.array(openExceptionSchema).meta({ description: 'Open ones, newest first, at most 200' }),
})
export type ExceptionsAnswer = z.infer<typeof exceptionsAnswerSchema>

export const dayAnswerSchema = businessDayStateSchema.extend({
  workstations: z.array(
    businessDayStateSchema.shape.workstations.element.extend({
      totals: dayTotalsSchema.optional(),
      tillTotals: tillTotalsSchema.optional(),
      differences: z.array(closeDifferenceSchema).meta({ description: 'As the newest close of the day found them' }),
    }),
  ),
})
export type DayAnswer = z.infer<typeof dayAnswerSchema>

/** As it is asked for; times are moments by then (price-override-answer.ts). */
export const priceOverrideRequestSchema = priceOverrideSchema.omit({ basedOn: true }).extend({
  storeId: storeIdSchema.optional().meta({ description: 'Checked where it is given' }),
  effectiveFrom: instantSchema.optional(),
})
export type PriceOverrideRequest = z.infer<typeof priceOverrideRequestSchema>

export const priceOverrideBodySchema = priceOverrideRequestSchema.extend({
  effectiveFrom: tillTimeSchema.optional().meta({ description: 'Now, where it is not given; without an offset in the store’s time' }),
  effectiveTo: tillTimeSchema.optional().meta({ description: 'Without it, until the next price from head office that the store knows of' }),
})

export const priceOverrideAnswerSchema = z.strictObject({
  outcome: z.enum(['captured', 'duplicate']),
  recordId: recordIdSchema,
  effectiveFrom: instantSchema,
})
