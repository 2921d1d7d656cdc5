import { expect, it } from 'vitest'
import { formatBytes } from './sizes.ts'

it('free space is rounded down', () => {
  expect([0, 999_999, 1_000_000, 412_900_000, 999_999_999, 1_000_000_000, 1_990_000_000, 31_415_000_000].map(formatBytes)).toEqual([
    'Less than 1 MB',
    'Less than 1 MB',
    '1 MB',
    '412 MB',
    '999 MB',
    '1 GB',
    '1.9 GB',
    '31.4 GB',
  ])
})
