import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalText, transactionSchema } from '#sync/contract/transaction.ts'
import { storeTransaction } from '#test/fixtures/store-model.ts'
import { isPlainTransaction } from './plain-shape.ts'

/** Every object in the value, however deep. */
const objectsIn = (value: unknown): object[] =>
  typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap((inner) => objectsIn(inner))] : []

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '',
    ' x',
    'x ',
    'a\0b',
    '2026-02-30',
    '2026-02-29',
    '2024-02-29',
    '2026-01-31',
    '2026-01-31T25:00:00',
    '2026-01-31T08:15:00+14:59',
    'EURO',
    'eur',
  ),
  fc.constantFrom(1e10 + 1, 1.5, -1, 0, 2 ** 53, NaN, undefined, null, 'x'.repeat(33), 'x'.repeat(65), 'x'.repeat(201), [], {}),
)

it('[CAP10] the quick check passes every transaction of the model', () => {
  fc.assert(fc.property(storeTransaction(), (transaction) => isPlainTransaction(transaction)))
})

it('[CAP10] the quick check passes nothing that the contract refuses or would write otherwise', () => {
  fc.assert(
    fc.property(
      storeTransaction(),
      fc.nat(),
      fc.nat(),
      fc.constantFrom('change', 'add', 'remove', 'reorder'),
      odd,
      (transaction, which, key, how, value) => {
        const changed = structuredClone(transaction) as unknown
        const objects = objectsIn(changed)
        const target = objects[which % objects.length] as Record<string, unknown>
        const name = Object.keys(target)[key % Math.max(1, Object.keys(target).length)] ?? 'none'
        if (how === 'add') target['unknown'] = value
        else if (how === 'remove') delete target[name]
        else if (how === 'change') target[name] = value
        else {
          const kept = target[name]
          delete target[name]
          target[name] = kept
        }
        const judged = transactionSchema.safeParse(changed)
        if (!isPlainTransaction(changed)) return
        expect(judged.success).toBe(true)
        expect(judged.data && canonicalText(judged.data)).toBe(canonicalText(changed))
      },
    ),
    { numRuns: 2_000 },
  )
})
