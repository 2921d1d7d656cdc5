import { expect, it } from 'vitest'
import { isSweepDue, type StoreStanding } from './sweep-due.ts'

const heard: StoreStanding = { atMs: 0, silentMs: 0, pendingRecords: 0, missingRecords: 0, feedLagMs: 0, rules: '1', lifeBegan: 7 }
const minute = 60_000

it('[AVL22] falling silent, being heard again, records on the way, gaps, feeds that lag and other rules are each a reason to look through a store', () => {
  const silent = { ...heard, silentMs: 3 * minute }
  expect(isSweepDue(null, heard)).toBe(true)
  expect(isSweepDue(heard, { ...heard, atMs: minute })).toBe(false)
  expect(isSweepDue(heard, silent)).toBe(true)
  expect(isSweepDue(silent, heard)).toBe(true)
  // Heard in between, and silent anew before anybody looked
  expect(isSweepDue({ ...heard, silentMs: 60 * minute }, silent)).toBe(true)
  expect(isSweepDue(heard, { ...heard, pendingRecords: 1 })).toBe(true)
  expect(isSweepDue({ ...heard, pendingRecords: 100 }, { ...heard, pendingRecords: 110 })).toBe(false)
  expect(isSweepDue({ ...heard, missingRecords: 1 }, heard)).toBe(true)
  expect(isSweepDue(heard, { ...heard, feedLagMs: 20 * minute })).toBe(true)
  expect(isSweepDue(heard, { ...heard, rules: '2' })).toBe(true)
  expect(isSweepDue(heard, { ...heard, lifeBegan: 8 })).toBe(true)
})

it('[AVL22] a silence of a week is looked through some dozens of times at first, and then once an hour', () => {
  let then: StoreStanding | null = null
  let looks = 0
  for (let atMs = 2 * minute; atMs < 7 * 24 * 60 * minute; atMs += 1_000) {
    const now: StoreStanding = { ...heard, atMs, silentMs: atMs }
    if (!isSweepDue(then, now)) continue
    then = now
    looks += 1
  }
  expect(looks).toBeGreaterThan(20)
  expect(looks).toBeLessThanOrEqual(7 * 24 + 30)
})
