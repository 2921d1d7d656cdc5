import { transactionSchema } from '#sync/contract/transaction.ts'
import { batchSchema } from '#sync/contract/up.ts'
import { modelDevice, receipt } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { isBatch, isTransaction } from './compiled-shape.ts'

it('[TRN8] the compiled check passes nothing that the contract refuses, and every plain receipt', () => {
  const good = receipt(1)
  expect(isTransaction(good)).toBe(true)
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('', ' x', '2026-02-30', '2026-01-31T25:00:00', 1e10 + 1, 1.5, -1, null, 'x'.repeat(201)),
  )
  const fields = fc.constantFrom(...Object.keys(good), 'unknown')
  const lineFields = fc.constantFrom(...Object.keys(good.lineItems[0] ?? {}), 'unknown')
  fc.assert(
    fc.property(fields, lineFields, odd, fc.boolean(), (field, lineField, value, inLine) => {
      const changed = inLine ? { ...good, lineItems: [{ ...good.lineItems[0], [lineField]: value }] } : { ...good, [field]: value }
      expect(isTransaction(changed)).toBe(transactionSchema.safeParse(changed).success)
    }),
    { numRuns: 2_000 },
  )
})

it('[TRN8] the compiled check of a batch agrees with the contract, whatever stands in a field', () => {
  const device = modelDevice({ deviceId: 'dev-aaaaaaaaaaaa', storeId: 'S1', privateKey: generateKeyPairSync('ed25519').privateKey })
  const good = device.sell(1)
  expect(isBatch({ records: [good] })).toBe(true)
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      '',
      '{}',
      'conflict',
      good.payloadHash,
      good.payloadHash.toUpperCase(),
      0,
      1,
      1.5,
      2 ** 53,
      -1,
      null,
      'x'.repeat(400_001),
    ),
    fc.constantFrom(
      'dev-aaaaaaaaaaa',
      'dev-bbbbbbbbbbbb',
      'abcdefghijkl',
      'abcdefghijk ',
      '2026-01-31T10:00:01Z',
      '2026-02-30T10:00:01.000Z',
      '2026-02-28T10:00:01.000+01:00',
    ),
  )
  const fields = fc.constantFrom(...Object.keys(good), 'unknown')
  let passed = 0
  fc.assert(
    fc.property(fields, odd, fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 499, 500), fc.boolean(), (field, value, more, inShell) => {
      const records = [...Array.from({ length: more }, () => good), { ...good, [field]: value }]
      const message = inShell ? { records: value } : { records }
      const isGood = batchSchema.safeParse(message).success
      if (isGood) passed++
      expect(isBatch(message)).toBe(isGood)
    }),
    { numRuns: 600 },
  )
  expect(passed).toBeGreaterThan(10)
})
