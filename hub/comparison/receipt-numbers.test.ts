import { transactionSchema } from '#sync/contract/transaction.ts'
import { expect, it } from 'vitest'
import { wordNumbers } from './receipt-numbers.ts'

const { workstationId, sequenceNumber } = transactionSchema.shape
const at = (till: string, ...numbers: number[]) =>
  numbers.map((number) => ({ workstationId: workstationId.parse(till), sequenceNumber: sequenceNumber.parse(number) }))

it('[HUB7] receipt numbers are named by till, runs together, very many of them counted', () => {
  expect(wordNumbers([])).toBe('')
  expect(wordNumbers([...at('2', 7), ...at('1', 9, 4, 3, 5, 4)])).toBe('till 1: 3–5, 9; till 2: 7')
  const odd = at('1', ...Array.from({ length: 25 }, (_, index) => index * 2 + 1))
  expect(wordNumbers(odd)).toMatch(/^till 1: 1, 3, .*39, 5 more runs$/)
})
