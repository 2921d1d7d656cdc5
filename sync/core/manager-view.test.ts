import { describe, expect, it } from 'vitest'
import { identitySchema } from '#sync/contract/config.ts'
import { quarantinePayloadSchema } from '#sync/contract/record.ts'
import { deviceIdSchema, incarnationSchema, instantSchema } from '#sync/contract/vocabulary.ts'
import { startingLink } from './link-state.ts'
import { buildManagerView, type ViewInputs } from './manager-view.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const inputs: ViewInputs = {
  nowMs: 0,
  identity: identitySchema.parse({ deviceId, storeId: '9', storeName: 'Nine', currency: 'EUR', timeZone: 'UTC' }),
  settings: undefined,
  link: startingLink(0),
  ackedSeq: 0,
  headSeq: 0,
  oldestPending: undefined,
  counts: { captured: 0, atHub: 0, posted: 0, held: 0, quarantined: 0 },
  transactions: [],
  verdicts: new Map(),
  postings: new Map(),
  prices: [],
  ownPrices: [],
  quarantine: [],
}

describe('the manager’s view', () => {
  it('[CAP7] names each reason of a quarantined input by its code, with message and place', () => {
    const quarantine = quarantinePayloadSchema.parse({
      source: 'http',
      reasons: [
        { code: 'INVALID', message: 'Invalid input: expected number', where: 'transaction 1' },
        { code: 'WRONG_STORE', message: 'store 7' },
      ],
      contentHash: 'a'.repeat(64),
      sizeBytes: 2,
      excerpt: '{}',
    })
    const record = {
      deviceId,
      incarnation: incarnationSchema.parse('aaaaaaaaaaaa'),
      seq: 1,
      capturedAt: instantSchema.parse('2026-03-02T10:00:00.000Z'),
    }
    const view = buildManagerView({ ...inputs, quarantine: [{ record, quarantine }] })
    expect(view.quarantine[0]?.reasons).toEqual(['INVALID: Invalid input: expected number (transaction 1)', 'WRONG_STORE: store 7'])
  })

  it('[CAP2] tells how far the local database is filled, and nothing of it when it is whole', () => {
    expect(buildManagerView({ ...inputs, rebuild: { records: 12_000, total: 100_000 } }).rebuild).toEqual({
      records: 12_000,
      total: 100_000,
    })
    expect(buildManagerView(inputs)).not.toHaveProperty('rebuild')
  })
})
