/** Messages under fuzz: parsing never throws, what is valid survives the wire unchanged, and what is not of the contract is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { recordKinds } from '#sync/contract/record.ts'
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
  'up batch response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('acknowledged'), ackedSeq: fc.nat(), verdicts: fc.array(verdict, { maxLength: 5 }) }),
    fc.record({ outcome: fc.constant('gap'), expectedSeq: seq }),
  ),
  'up pull request': fc.record({ feed, after: checkpoint, limit: fc.integer({ min: 1, max: 2_000 }) }),
  'up pull response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('pulled'), entries: fc.array(entry, { maxLength: 5 }), checkpoint, more: fc.boolean() }),
  ),
  'up fetch request': fc.record({ incarnation, fromSeq: seq, toSeq: seq }),
  'up fetch response': fc.oneof(
    refused,
    fc.record({ outcome: fc.constant('fetched'), records: fc.array(record, { maxLength: 5 }), more: fc.boolean() }),
  ),
  'down challenge': fc.record({ nonce: fc.string({ minLength: 16, maxLength: 128 }) }),
  'down poke': fc.record({ feed }),
  'down dismiss': fc.record({ code: fc.constantFrom(...errorCodeNames), message: text }),
}

const schemaOf = (name: string): z.ZodType => wireSchemas.get(name) ?? z.never()
const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

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
