/** Messages under fuzz: parsing never throws, what is valid survives the wire unchanged, and what is not of the contract is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { recordKinds } from '#sync/contract/record.ts'
import { diskStates } from '#sync/contract/report.ts'
import { trafficClasses } from '#sync/contract/traffic.ts'
import { verdictKinds } from '#sync/contract/verdict.ts'
import { wireSchemas } from './wire-schemas.ts'

const hex = fc.stringMatching(/^[0-9a-f]{64}$/)
const incarnation = fc.stringMatching(/^[a-z0-9]{12}$/)
const deviceId = incarnation.map((s) => `dev-${s}`)
const seq = fc.integer({ min: 1, max: 2 ** 40 })
const checkpoint = fc.nat()
const text = fc.string({ maxLength: 100 })
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2999-01-01'), noInvalidDate: true }).map((d) => d.toISOString())
const refused = fc.record({ outcome: fc.constant('refused'), code: fc.constantFrom(...errorCodeNames), message: text })
const record = fc.record({
  ...{ deviceId, incarnation, seq, kind: fc.constantFrom(...recordKinds), capturedAt: instant },
  ...{ payload: fc.json().filter((s) => s.length >= 2), payloadHash: hex, previousHash: hex },
})
const verdict = fc.record({ seq, verdict: fc.constantFrom(...verdictKinds), reason: text }, { requiredKeys: ['seq', 'verdict'] })
const entry = fc.record({ id: fc.string({ minLength: 1, maxLength: 200 }), checkpoint, deleted: fc.boolean(), document: fc.jsonValue() })
const feed = fc.constantFrom(...feedNames)
const news = fc.record({
  ...{ after: checkpoint, checkpoint, epoch: fc.stringMatching(/^[a-z0-9]{12}$/) },
  entries: fc.array(entry, { minLength: 1, maxLength: 3 }),
  beside: fc.array(fc.record({ feed, checkpoint }), { maxLength: 2 }),
})

const batchAnswer = fc.oneof(
  refused,
  fc.record({ outcome: fc.constant('acknowledged'), ackedSeq: fc.nat(), verdicts: fc.array(verdict, { maxLength: 5 }) }),
  fc.record({ outcome: fc.constant('gap'), expectedSeq: seq }),
)
const bytes = fc.uint8Array({ maxLength: 200 })
const packed = { codec: fc.constant('deflate-raw'), bytes }
const digest = fc.stringMatching(/^[0-9a-f]{16}$/)
const day = fc.constantFrom('2026-01-31', '2026-02-01')
const span = fc.record({ fromSeq: seq, toSeq: seq })
const requestId = fc.stringMatching(/^[a-z0-9-]{8,64}$/)

const valid: Record<string, fc.Arbitrary<object>> = {
  'up hello request': fc.record({
    protocolVersion: seq,
    deviceId,
    incarnation,
    signature: text,
    agentVersion: fc.string({ maxLength: 32 }),
  }),
  'up hello response': fc.oneof(
    refused,
    fc.record({
      outcome: fc.constant('welcome'),
      protocolVersion: seq,
      storeId: fc.constant('S1'),
      ackedSeq: fc.nat(),
      headHash: hex,
      hubTime: instant,
    }),
  ),
  'up batch request': fc.record({ records: fc.array(record, { minLength: 1, maxLength: 5 }) }),
  'up batch response': batchAnswer,
  'up pull request': fc.record({ feed, after: checkpoint, limit: fc.integer({ min: 1, max: 2_000 }) }),
  'up pull response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('pulled'), entries: fc.array(entry, { maxLength: 5 }), checkpoint, more: fc.boolean() }),
    fc.record({ outcome: fc.constant('packed'), ...packed, checkpoint, more: fc.boolean(), epoch: incarnation }),
  ),
  'up fetch request': fc.record({ incarnation, fromSeq: seq, toSeq: seq }),
  'up fetch response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('fetched'), records: fc.array(record, { maxLength: 5 }), more: fc.boolean() }),
  ),
  'up packedBatch request': fc.record({ ...packed, fromSeq: seq, count: fc.integer({ min: 1, max: 500 }) }),
  'up packedBatch response': batchAnswer,
  'up terseBatch request': fc.record({
    ...{ ...packed, fromSeq: seq, count: fc.integer({ min: 1, max: 500 }) },
    ...{ deviceId, incarnation, previousHash: hex, lastPreviousHash: hex, lastPayloadHash: hex },
  }),
  'up terseBatch response': batchAnswer,
  'up report request': fc.record({
    agentVersion: fc.string({ maxLength: 32 }),
    journal: fc.record({ incarnation, seq: fc.nat(), ackedSeq: fc.nat(), missingRecords: fc.nat() }),
    pending: fc.record({ count: fc.nat() }),
    disk: fc.record({ state: fc.constantFrom(...diskStates) }),
    openExceptions: fc.nat(),
    quarantined: fc.nat(),
    feeds: fc.dictionary(feed, checkpoint),
    parkedDocuments: fc.nat(),
    traffic: fc.record({ open: fc.subarray([...trafficClasses]), sentBytesToday: fc.nat(), receivedBytesToday: fc.nat() }),
    uptimeSeconds: fc.nat(),
  }),
  'up report response': fc.oneof(refused, fc.record({ outcome: fc.constant('reported'), hubTime: instant })),
  'up compareDays request': fc.record({
    days: fc.array(
      fc.record({
        ...{ businessDay: day, incarnation, spans: fc.array(span, { minLength: 1, maxLength: 3 }), count: fc.nat(), digest },
        totals: fc.array(fc.record({ currency: fc.constant('EUR'), count: fc.nat(), grandMinor: fc.integer() }), { maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  'up compareDays response': fc.oneof(
    refused,
    fc.record({
      outcome: fc.constant('compared'),
      days: fc.array(
        fc.record({
          businessDay: day,
          outcome: fc.constantFrom('agrees', 'waiting', 'lacks', 'differs'),
          wanted: fc.array(span, { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
    }),
  ),
  'up compareFeed request': fc.record({
    feed,
    ranges: fc.array(fc.record({ after: checkpoint, through: checkpoint }), { minLength: 1, maxLength: 3 }),
  }),
  'up compareFeed response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('compared'), ranges: fc.array(fc.record({ count: fc.nat(), digest }), { maxLength: 3 }) }),
  ),
  'up repair request': fc.record({ records: fc.array(record, { minLength: 1, maxLength: 5 }) }),
  'up repair response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('repaired'), filledIn: fc.nat(), known: fc.nat(), differing: fc.array(seq, { maxLength: 3 }) }),
  ),
  'up diagnostics request': fc.oneof(
    fc.record({ requestId, answer: fc.constant('declined') }),
    fc.record({
      ...{ requestId, answer: fc.constant('granted'), part: fc.integer({ min: 1, max: 100 }), parts: fc.integer({ min: 1, max: 100 }) },
      bytes,
    }),
  ),
  'up diagnostics response': fc.oneof(refused, fc.record({ outcome: fc.constant('taken') })),
  'down challenge': fc.record({ nonce: fc.string({ minLength: 16, maxLength: 128 }) }),
  'down poke': fc.record({ feed }),
  'down dismiss': fc.record({ code: fc.constantFrom(...errorCodeNames), message: text }),
  'down ask': fc.oneof(
    fc.record({ what: fc.constantFrom('report', 'compare', 'sync-now') }),
    fc.record({ what: fc.constant('diagnostics'), requestId, reason: text }),
  ),
  'down credit': fc.record({ batches: fc.integer({ min: 0, max: 4 }) }),
}

/** What may be left out, of messages that have such a field. */
const optional: Record<string, fc.Arbitrary<object>> = {
  'up hello request': fc.record({ remembers: fc.record({ epoch: incarnation, ackedSeq: fc.nat() }) }),
  'up pull request': fc.record({ packed: fc.boolean() }),
  'up report request': fc.record({
    platform: text,
    clock: fc.record({ offsetMs: fc.integer(), uncertaintyMs: fc.nat() }),
    lastRefusal: fc.record({ code: fc.constantFrom(...errorCodeNames), at: instant }),
  }),
  'down poke': fc.record({ news }),
  'down dismiss': fc.record({ retryAfterMs: fc.integer({ min: 0, max: 3_600_000 }) }),
  'down credit': fc.record({ afterMs: fc.integer({ min: 0, max: 600_000 }) }),
}

const schemaOf = (name: string): z.ZodType => wireSchemas.get(name) ?? z.never()
/** As Socket.IO carries it: JSON, and bytes beside it. */
const overWire = (value: object): object =>
  Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each instanceof Uint8Array ? each.slice() : JSON.parse(JSON.stringify(each))]),
  )

describe('messages', () => {
  it('[TRN8] every message that travels is fuzzed here', () => {
    expect([...wireSchemas.keys()].filter((name) => name.startsWith('up ') || name.startsWith('down '))).toEqual(Object.keys(valid))
  })

  it('[TRN8] parsing anything at all never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
        for (const schema of wireSchemas.values()) schema.safeParse(value)
      }),
    )
  })

  it.each(Object.entries(valid))('[TRN8] %s survives the wire unchanged', (name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(schemaOf(name).parse(overWire(message))).toEqual(overWire(message))
      }),
      { numRuns: 60 },
    )
  })

  it.each(Object.entries(optional))('[TRN8] %s survives the wire with all that it may say', (name, more) => {
    fc.assert(
      fc.property(valid[name] ?? fc.constant({}), more, (message, extra) => {
        expect(schemaOf(name).parse(overWire({ ...message, ...extra }))).toEqual(overWire({ ...message, ...extra }))
      }),
      { numRuns: 60 },
    )
  })

  it.each(Object.entries(valid))('[TRN8] %s with a field too many, or one missing, is refused', (name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (message, pick) => {
        expect(schemaOf(name).safeParse({ ...message, ofANewerVersion: 1 }).success).toBe(false)
        const keys = Object.keys(message)
        const { [keys[pick % keys.length] as keyof typeof message]: _missing, ...rest } = message
        expect(schemaOf(name).safeParse(rest).success).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})
