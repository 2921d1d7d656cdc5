import { transactionSchema } from '#sync/contract/transaction.ts'
import { receipt } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isTransaction } from './compiled-shape.ts'

it('[TRN8] the compiled check passes nothing that the contract refuses, and every plain receipt', () => {
  const good = receipt(1)
  expect(isTransaction(good)).toBe(true)
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('', ' x', '2026-02-30', '2026-01-31T25:00:00', 1e10 + 1, 1.5, -1, null, 'x'.repeat(201)))
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
