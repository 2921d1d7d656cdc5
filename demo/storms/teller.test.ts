import { describe, expect, it } from 'vitest'
import { createTeller, isProven } from './teller.ts'

const toldWith = (...claims: boolean[]) => {
  const lines: string[] = []
  const teller = createTeller((line) => void lines.push(line))
  teller.step('a step')
  for (const holds of claims) teller.claim('so it is', holds)
  return { lines, steps: teller.told() }
}

describe('a told story', () => {
  it('[OPS4] is proven when each step claims something and every claim holds', () => {
    expect(isProven(toldWith(true, true).steps)).toBe(true)
    expect(isProven(toldWith(true, false).steps)).toBe(false)
    expect(isProven(toldWith().steps)).toBe(false)
    expect(isProven([])).toBe(false)
  })

  it('marks a claim that does not hold', () => {
    expect(toldWith(true, false).lines).toEqual(['\n1. a step', '   ✓ so it is', '   ✗ NOT TRUE: so it is'])
  })
})
