/**
 * Calls and pushes between the agent's three processes. `main` relays nothing it does not parse.
 *
 *   engine → main    engine.configuration, journal.head, journal.read, journal.reincarnate, journal.acknowledged, journal.missing,
 *                    journal.restore, journal.days, agent.facts, diagnostics.requested, hub.probe, hub.speaks, device.sign, plu.publish, view.publish,
 *                    engine.log
 *   main → engine    items.lookup, prices.basis, sync.now, system.resumed, diagnostics.send     (requests, answered)
 *   main → engine    journal.appended                            (push)
 *   manager → main   view.get, sync.now, agent.status, diagnostics.preview, diagnostics.decide, enrolment.submit
 *   main → manager   view.changed, agent.changed                 (pushes)
 */
import { z } from 'zod'
import { itemSchema, priceSchema } from './catalogue.ts'
import { identitySchema } from './config.ts'
import { errorCodeNames } from './error-codes.ts'
import { recordSchema } from './record.ts'
import { dayLedgerSchema } from './day-close.ts'
import { dayDigestSchema } from './comparison.ts'
import { diagnosticsRequestIdSchema } from './diagnostics.ts'
import { probeAnswers } from './health.ts'
import { diskStates } from './report.ts'
import { trafficClassSchema } from './traffic.ts'
import { storeExceptionKinds, storeExceptionSchema } from './store-exception.ts'
import {
  barcodeSchema,
  businessDaySchema,
  checkpointSchema,
  hubEpochSchema,
  incarnationSchema,
  instantSchema,
  itemIdSchema,
  seqSchema,
  sha256Schema,
  workstationIdSchema,
} from './vocabulary.ts'

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

/** What a store's own price would take the place of, as tills see it. */
export const priceBasisSchema = z.strictObject({
  now: instantSchema,
  /** The newest price of the feed that tills see, and the epoch of the hub's data. */
  checkpoint: checkpointSchema,
  epoch: hubEpochSchema.optional(),
  /** In force at the moment asked for; null for an item that the store does not sell. */
  price: priceSchema.nullable(),
})
export type PriceBasis = z.infer<typeof priceBasisSchema>

export const pluPublicationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full'), entries: z.array(pluEntrySchema) }),
  z.strictObject({ kind: z.literal('delta'), changed: z.array(pluEntrySchema), removed: z.array(z.string()) }),
])
export type PluPublication = z.infer<typeof pluPublicationSchema>

/** Another history holds this incarnation's numbers: the journal was asked to go on under a new one. */
export const reincarnationSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('begun'), incarnation: incarnationSchema }),
  z.strictObject({ outcome: z.literal('refused'), message: z.string() }),
])
export type Reincarnation = z.infer<typeof reincarnationSchema>

/** Records that this journal once held and cannot read any more. They may still be in the local database or at the hub. */
export const missingRecordsSchema = z.strictObject({
  incarnation: incarnationSchema,
  fromSeq: seqSchema,
  toSeq: seqSchema,
})
export type MissingRecords = z.infer<typeof missingRecordsSchema>

/** How much room the journal's disk has. `reserve`: the last sales still land; `full`, `failing`: none are taken any more. */
export { diskStates }

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
  /** The local database is being filled from the journal: so many of its records are there. */
  rebuild: z.strictObject({ records: z.int().min(0), total: z.int().min(0) }).optional(),
  pending: z.strictObject({ count: z.int().min(0), oldestCapturedAt: instantSchema.optional() }),
  counts: z.strictObject({ captured: z.int(), atHub: z.int(), posted: z.int(), held: z.int(), quarantined: z.int() }),
  /** How this store talks to the centre; absent until the engine knows. */
  sync: z
    .strictObject({
      /** Per class: open now, and when that ends or begins, where it does. */
      windows: z.array(z.strictObject({ class: trafficClassSchema, open: z.boolean(), changesAt: instantSchema.optional() })).max(3),
      /** A person asked for everything now: windows and the daily bound do not hold until the backlog is through. */
      overridden: z.boolean(),
      caps: z.strictObject({
        kilobytesPerSecond: z.int().optional(),
        megabytesPerDay: z.int().optional(),
        metered: z.boolean(),
        usedBytesToday: z.int().min(0),
      }),
      /** When the present backlog will be through, given windows and measured speed. */
      forecast: z.strictObject({ records: z.int().min(0), catalogue: z.boolean(), throughAt: instantSchema.optional() }).optional(),
      /** The last comparison with the centre, day by day. */
      compared: z.strictObject({ at: instantSchema, days: z.int().min(0), differing: z.array(businessDaySchema).max(31) }).optional(),
      /** This computer's clock minus the centre's. */
      clock: z.strictObject({ offsetMs: z.int(), drifting: z.boolean() }).optional(),
    })
    .optional(),
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
  /** The store's own prices, newest first, at most 100. Absent where there are none. */
  ownPrices: z
    .array(
      z.strictObject({
        overrideId: z.string(),
        itemId: z.string(),
        name: z.string(),
        amountMinor: z.int(),
        previousMinor: z.int(),
        currency: z.string(),
        effectiveFrom: instantSchema,
        effectiveTo: instantSchema.optional(),
        reason: z.string(),
        inForce: z.boolean(),
        /** posted: it stands; held: it does not, or waits for a person at head office, as `word` says. */
        state: z.enum(transactionStates),
        word: z.string().optional(),
      }),
    )
    .optional(),
  /** Newest first, at most 100. */
  quarantine: z.array(
    z.strictObject({
      recordId: z.string(),
      capturedAt: instantSchema,
      source: z.string(),
      reasons: z.array(z.string()),
      excerpt: z.string(),
    }),
  ),
})
export type ManagerView = z.infer<typeof managerViewSchema>

export const businessDayStateSchema = z.strictObject({
  businessDay: businessDaySchema,
  workstations: z.array(
    z.strictObject({
      workstationId: workstationIdSchema,
      ledger: dayLedgerSchema,
      /** From the newest close of the day that has this till's own totals. */
      close: z.enum(['open', 'agrees', 'differs']),
    }),
  ),
  closedAt: instantSchema.optional(),
})
export type BusinessDayState = z.infer<typeof businessDayStateSchema>

/**
 * What the store's list shows besides the exceptions that are records: the transaction or conflict itself says it, here and at the hub.
 *
 * DOES_NOT_ADD_UP   a receipt whose lines, net and tax, tenders and total are not the same; it was taken as it is
 * KEY_CONFLICT      a number that came again with other content; both are kept
 */
export const derivedExceptionKinds = ['DOES_NOT_ADD_UP', 'KEY_CONFLICT'] as const

/** As it is shown on this computer; it does not travel. */
export const openExceptionSchema = z.strictObject({
  raisedAt: instantSchema,
  exception: storeExceptionSchema.extend({ kind: z.enum([...storeExceptionKinds, ...derivedExceptionKinds]) }),
})
export type OpenException = z.infer<typeof openExceptionSchema>

/** What main itself knows: true also before enrolment and while the engine is away. */
export const agentStatusSchema = z.strictObject({
  agentVersion: z.string(),
  enrolment: z.discriminatedUnion('state', [
    z.strictObject({
      state: z.literal('needed'),
      hubUrl: z.string().optional(),
      problem: z.strictObject({ code: z.enum(errorCodeNames), message: z.string() }).optional(),
    }),
    z.strictObject({ state: z.literal('trying'), hubUrl: z.string(), message: z.string().optional() }),
    z.strictObject({ state: z.literal('enrolled'), hubUrl: z.string(), store: identitySchema }),
  ]),
  /** `failed`: sales are not being taken; the message says why. */
  capture: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('off') }),
    z.strictObject({
      state: z.literal('running'),
      httpPort: z.int(),
      records: z.int().min(0),
      /** The disk was found to be restored or copied, and the journal went on under a new incarnation with so many records. */
      newLife: z.strictObject({ at: instantSchema, records: z.int().min(0) }).optional(),
      disk: z.strictObject({ state: z.enum(diskStates), freeBytes: z.int().min(0).optional(), message: z.string().optional() }),
      /** Open ones, newest first, at most 200; and how many there are. */
      exceptions: z.array(openExceptionSchema),
      exceptionCount: z.int().min(0),
      /** Newest first, at most 14: is each till's sequence whole, and is the day closed? */
      days: z.array(businessDayStateSchema),
      /** Files being read just now. */
      files: z.array(z.strictObject({ name: z.string(), readBytes: z.int().min(0), totalBytes: z.int().min(0), taken: z.int().min(0) })),
    }),
    z.strictObject({ state: z.literal('failed'), message: z.string() }),
  ]),
  engine: z.enum(['off', 'starting', 'running', 'restarting']),
  /** The centre's support asks for logs and states of this computer, and waits for the manager's yes or no. */
  diagnosticsRequest: z.strictObject({ requestId: diagnosticsRequestIdSchema, reason: z.string() }).optional(),
  /** How the vault keeps the private key on this computer. */
  protection: z.enum(['operating-system', 'file-permissions']),
})
export type AgentStatus = z.infer<typeof agentStatusSchema>

export const enrolmentOutcomeSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('enrolled') }),
  z.strictObject({ outcome: z.literal('refused'), code: z.enum(errorCodeNames), message: z.string() }),
  z.strictObject({ outcome: z.literal('unreachable'), message: z.string() }),
])
export type EnrolmentOutcome = z.infer<typeof enrolmentOutcomeSchema>

/** Requests that the engine window makes of main. */
export const engineToMain = {
  'engine.configuration': {
    request: z.null(),
    response: z.strictObject({ hubUrl: z.string(), identity: identitySchema, agentVersion: z.string() }),
  },
  'journal.head': { request: z.null(), response: journalHeadSchema },
  'journal.read': {
    request: z.strictObject({ afterSeq: z.int().min(0), limit: z.int().min(1).max(2_000) }),
    response: z.array(recordSchema),
  },
  'journal.reincarnate': {
    request: z.strictObject({ incarnation: incarnationSchema, reason: z.string().max(500) }),
    response: reincarnationSchema,
  },
  /** The hub's watermark, whenever it moves: what lies behind it may be pruned once it is old. */
  'journal.acknowledged': {
    request: z.strictObject({ incarnation: incarnationSchema, ackedSeq: z.int().min(0) }),
    response: z.null(),
  },
  'journal.missing': { request: z.null(), response: z.array(missingRecordsSchema) },
  /** Records of a missing range, from wherever they were found; those that fit the chain are taken. */
  'journal.restore': {
    request: z.strictObject({ source: z.enum(['local-database', 'hub']), records: z.array(recordSchema).min(1).max(500) }),
    response: z.strictObject({ restored: z.int().min(0), refused: z.int().min(0) }),
  },
  /** What the journal's present life holds of each business day up to and including `throughSeq`, newest day first. */
  'journal.days': {
    request: z.strictObject({ limit: z.int().min(1).max(31), throughSeq: z.int().min(0) }),
    response: z.array(dayDigestSchema).max(31),
  },
  /** What main alone knows, for the report to the hub. */
  'agent.facts': {
    request: z.null(),
    response: z.strictObject({
      platform: z.string().max(100),
      uptimeSeconds: z.int().min(0),
      disk: z.strictObject({ state: z.enum(diskStates), freeBytes: z.int().min(0).optional() }),
      openExceptions: z.int().min(0),
      missingRecords: z.int().min(0),
    }),
  },
  /** The hub asks for a support bundle: main asks the manager, and answers through `diagnostics.send`. */
  'diagnostics.requested': {
    request: z.strictObject({ requestId: diagnosticsRequestIdSchema, reason: z.string().max(500) }),
    response: z.null(),
  },
  /** Who answers at the hub's address, as main sees it: a page may not look at a stranger's answer. */
  'hub.probe': { request: z.null(), response: z.enum(probeAnswers) },
  /** The protocol that this agent and its hub last agreed upon. */
  'hub.speaks': { request: z.strictObject({ protocolVersion: z.int().min(1) }), response: z.null() },
  'device.sign': { request: z.strictObject({ text: z.string().max(500) }), response: z.string() },
  'plu.publish': { request: pluPublicationSchema, response: z.null() },
  'view.publish': { request: managerViewSchema, response: z.null() },
  'engine.log': {
    request: z.strictObject({
      level: z.enum(['info', 'warn', 'error']),
      message: z.string(),
      fields: z.record(z.string(), z.unknown()).optional(),
    }),
    response: z.null(),
  },
} as const

/** Requests that main makes of the engine window. */
export const mainToEngine = {
  'items.lookup': { request: z.strictObject({ barcode: barcodeSchema }), response: pluEntrySchema.nullable() },
  /** Null while the catalogue is not whole; `at` is now when it is not given. */
  'prices.basis': {
    request: z.strictObject({ itemId: itemIdSchema, at: instantSchema.optional() }),
    response: priceBasisSchema.nullable(),
  },
  'sync.now': { request: z.null(), response: z.null() },
  /** The computer woke up: whatever the line seems to be, it is asked anew. */
  'system.resumed': { request: z.null(), response: z.null() },
  /** The manager's answer: base64 of the bundle, or nothing. */
  'diagnostics.send': {
    request: z.strictObject({ requestId: diagnosticsRequestIdSchema, bundle: z.string().max(50_000_000).nullable() }),
    response: z.strictObject({ outcome: z.enum(['sent', 'not-sent']) }),
  },
} as const

/** Requests that the manager window makes of main. */
export const managerToMain = {
  /** null until the engine has published its first view. */
  'view.get': { request: z.null(), response: managerViewSchema.nullable() },
  'sync.now': { request: z.null(), response: z.null() },
  'agent.status': { request: z.null(), response: agentStatusSchema },
  /** Exactly what would be sent, as text, and how many bytes it is on its way; null when nobody waits for it. */
  'diagnostics.preview': {
    request: z.strictObject({ requestId: diagnosticsRequestIdSchema }),
    response: z.strictObject({ text: z.string(), bytes: z.int().min(0) }).nullable(),
  },
  'diagnostics.decide': {
    request: z.strictObject({ requestId: diagnosticsRequestIdSchema, granted: z.boolean() }),
    response: z.null(),
  },
  'enrolment.submit': {
    request: z.strictObject({ hubUrl: z.string().max(500), code: z.string().max(50) }),
    response: enrolmentOutcomeSchema,
  },
} as const

export const pushes = {
  'journal.appended': z.strictObject({ seq: z.int().min(1) }),
  'view.changed': managerViewSchema,
  'agent.changed': agentStatusSchema,
} as const
export type PushEvent = keyof typeof pushes

export type IpcTable = Record<string, { request: z.ZodType; response: z.ZodType }>
export type IpcRequest<T extends IpcTable, M extends keyof T> = z.infer<T[M]['request']>
export type IpcResponse<T extends IpcTable, M extends keyof T> = z.infer<T[M]['response']>
