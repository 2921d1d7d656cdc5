/**
 * Calls and pushes between the agent's three processes. `main` relays nothing it does not parse.
 *
 *   engine → main    journal.head, journal.read, device.sign, plu.publish, view.publish
 *   main → engine    items.lookup, sync.now                      (requests, answered)
 *   main → engine    journal.appended                            (push)
 *   manager → main   view.get, sync.now    main → manager   view.changed (push)
 */
import { z } from 'zod'
import { itemSchema, priceSchema } from './catalogue.ts'
import { identitySchema } from './config.ts'
import { errorCodeNames } from './error-codes.ts'
import { recordSchema } from './record.ts'
import { barcodeSchema, incarnationSchema, instantSchema, sha256Schema } from './vocabulary.ts'

export const journalHeadSchema = z.strictObject({
  incarnation: incarnationSchema,
  /** 0 when the journal is empty. */
  seq: z.int().min(0),
  hash: sha256Schema,
})
export type JournalHead = z.infer<typeof journalHeadSchema>

/** One sellable item as a till sees it, price in force now and, if known, the next one. */
export const pluEntrySchema = z.strictObject({
  item: itemSchema,
  price: priceSchema,
  next: priceSchema.optional(),
})
export type PluEntry = z.infer<typeof pluEntrySchema>

export const pluPublicationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full'), entries: z.array(pluEntrySchema) }),
  z.strictObject({ kind: z.literal('delta'), changed: z.array(pluEntrySchema), removed: z.array(z.string()) }),
])
export type PluPublication = z.infer<typeof pluPublicationSchema>

export const linkStates = ['starting', 'not-enrolled', 'offline', 'connecting', 'online', 'refused'] as const
export const transactionStates = ['captured', 'at-hub', 'posted', 'held'] as const

/** What the manager's window draws. */
export const managerViewSchema = z.strictObject({
  store: identitySchema.optional(),
  link: z.strictObject({
    state: z.enum(linkStates),
    since: instantSchema,
    code: z.enum(errorCodeNames).optional(),
    message: z.string().optional(),
  }),
  pending: z.strictObject({ count: z.int().min(0), oldestCapturedAt: instantSchema.optional() }),
  counts: z.strictObject({ captured: z.int(), atHub: z.int(), posted: z.int(), held: z.int(), quarantined: z.int() }),
  /** Newest first, at most 200, of the newest business day. */
  transactions: z.array(
    z.strictObject({
      recordId: z.string(),
      naturalKey: z.string(),
      workstationId: z.string(),
      sequenceNumber: z.int(),
      kind: z.string(),
      endedAt: z.string(),
      grandMinor: z.int(),
      currency: z.string(),
      state: z.enum(transactionStates),
      reason: z.string().optional(),
    }),
  ),
  /** Newest first, at most 100. */
  priceChanges: z.array(
    z.strictObject({
      itemId: z.string(),
      name: z.string(),
      amountMinor: z.int(),
      previousMinor: z.int().optional(),
      currency: z.string(),
      effectiveFrom: instantSchema,
      receivedAt: instantSchema,
      inForce: z.boolean(),
    }),
  ),
  /** Newest first, at most 100. */
  quarantine: z.array(z.strictObject({ recordId: z.string(), capturedAt: instantSchema, source: z.string(), reasons: z.array(z.string()), excerpt: z.string() })),
})
export type ManagerView = z.infer<typeof managerViewSchema>

/** Requests that the engine window makes of main. */
export const engineToMain = {
  'engine.configuration': { request: z.null(), response: z.strictObject({ hubUrl: z.string(), identity: identitySchema, agentVersion: z.string() }) },
  'journal.head': { request: z.null(), response: journalHeadSchema },
  'journal.read': { request: z.strictObject({ afterSeq: z.int().min(0), limit: z.int().min(1).max(2_000) }), response: z.array(recordSchema) },
  'device.sign': { request: z.strictObject({ text: z.string().max(500) }), response: z.string() },
  'plu.publish': { request: pluPublicationSchema, response: z.null() },
  'view.publish': { request: managerViewSchema, response: z.null() },
} as const

/** Requests that main makes of the engine window. */
export const mainToEngine = {
  'items.lookup': { request: z.strictObject({ barcode: barcodeSchema }), response: pluEntrySchema.nullable() },
  'sync.now': { request: z.null(), response: z.null() },
} as const

/** Requests that the manager window makes of main. */
export const managerToMain = {
  'view.get': { request: z.null(), response: managerViewSchema.nullable() },
  'sync.now': { request: z.null(), response: z.null() },
} as const

export const pushes = {
  'journal.appended': z.strictObject({ seq: z.int().min(1) }),
  'view.changed': managerViewSchema,
} as const

export type IpcTable = Record<string, { request: z.ZodType; response: z.ZodType }>
export type IpcRequest<T extends IpcTable, M extends keyof T> = z.infer<T[M]['request']>
export type IpcResponse<T extends IpcTable, M extends keyof T> = z.infer<T[M]['response']>
