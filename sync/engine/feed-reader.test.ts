import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hubEpochSchema, storeIdSchema, type HubEpoch } from '#sync/contract/vocabulary.ts'
import { judgePage } from './feed-reader.ts'

const firstEpoch = hubEpochSchema.parse('aaaaaaaaaaaa')
const nextEpoch = hubEpochSchema.parse('bbbbbbbbbbbb')

describe('a page', () => {
  const storeId = storeIdSchema.parse('S1')
  const page = (after: number, checkpoints: readonly number[], checkpoint: number, of?: HubEpoch) =>
    judgePage(
      'items',
      { after, epoch: firstEpoch },
      {
        ...{ outcome: 'page', more: false, checkpoint, epoch: of },
        entries: checkpoints.map((each) => ({ id: `I${each}`, checkpoint: each, deleted: false, document: {} })),
      },
      storeId,
    )

  it('[TRN15] is taken when it follows, and only then', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.nat(40), { maxLength: 5 }), fc.nat(40), (after, checkpoints, checkpoint) => {
        const follows = checkpoints.every((each, n) => each > (checkpoints[n - 1] ?? after) && each <= checkpoint)
        const { outcome } = page(after, checkpoints, checkpoint, firstEpoch)
        expect(outcome).toBe(checkpoint >= after && follows ? 'page' : 'wrong')
      }),
    )
    expect(page(7, [], 3, nextEpoch).outcome).toBe('begin-anew')
    expect(page(7, [], 3).outcome).toBe('begin-anew')
  })
})
