import { describe, expect, it } from 'vitest'
import { decideEpoch, unknownMark } from './cluster-mark.ts'

describe('an epoch of the hub’s data', () => {
  it('[HUB11] begins where there is none, and where the database says that it is another one', () => {
    expect(decideEpoch(null, '7:00000001')).toMatchObject({ decision: 'begin' })
    expect(decideEpoch(null, unknownMark)).toMatchObject({ decision: 'begin' })
    expect(decideEpoch('7:00000001', '7:00000002')).toMatchObject({ decision: 'begin', reason: expect.stringContaining('7:00000001') })
    expect(decideEpoch('7:00000001', '8:00000001')).toMatchObject({ decision: 'begin' })
    expect(decideEpoch('7:00000001', '7:00000001')).toEqual({ decision: 'keep' })
  })

  it('[HUB11] never begins by itself where the database cannot say which one it is', () => {
    expect(decideEpoch('7:00000001', unknownMark)).toEqual({ decision: 'keep' })
    expect(decideEpoch(unknownMark, unknownMark)).toEqual({ decision: 'keep' })
    expect(decideEpoch(unknownMark, '7:00000001')).toEqual({ decision: 'adopt' })
  })
})
