import { recordSchema } from '#sync/contract/record.ts'
import { modelDevice } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receiveBatch } from './received-batch.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const device = modelDevice({ deviceId: 'dev-aaaaaaaaaaaa', storeId: 'S1', privateKey })
for (let n = 1; n <= 3; n++) device.sell(n)
const [first, second, third] = device.journal

const place = ['deviceId', 'incarnation', 'seq', 'payloadHash', 'previousHash']

describe('a received batch', () => {
  it('[TRN7] is taken record by record: whatever one of them is, the others are as they were', () => {
    const field = fc.constantFrom(...Object.keys(recordSchema.shape), 'unknown')
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('x'.repeat(400_001), '\u0000', 0.5, -1, null, {}))
    let taken = 0
    fc.assert(
      fc.property(field, odd, (name, value) => {
        const changed = { ...second, [name]: value }
        const received = receiveBatch({ records: [first, changed, third] })
        const { success: isGood } = recordSchema.safeParse(changed)
        if (!isGood && place.includes(name)) {
          expect(received).toMatchObject({ outcome: 'unreadable', message: expect.stringContaining(`records.1.${name}`) })
          return
        }
        if (received.outcome !== 'received') throw new Error(received.message)
        expect([received.records[0], received.records[2]]).toEqual([first, third])
        if (isGood) expect(received.records[1]).toEqual(changed)
        else {
          taken++
          expect(received.records[1]).toMatchObject({ seq: 2, payloadHash: second?.payloadHash, payload: JSON.stringify(changed) })
          expect(received.records[1]).toHaveProperty('flaw', expect.stringContaining(name))
        }
      }),
      { numRuns: 500 },
    )
    expect(taken).toBeGreaterThan(50)
  })

  it.each([
    [null],
    [{}],
    [{ records: [] }],
    [{ records: [null] }],
    [{ records: [first], more: 1 }],
    [{ records: Array.from({ length: 501 }, () => first) }],
  ])('[TRN8] that has no readable shape is refused: %j', (message) => {
    expect(receiveBatch(message)).toMatchObject({ outcome: 'unreadable' })
  })
})
