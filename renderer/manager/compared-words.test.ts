import { describe, expect, it } from 'vitest'
import { managerViewSchema } from '#sync/contract/ipc.ts'
import { viewWith } from '#test/shell/views.ts'
import { describeCompared, type Compared } from './compared-words.ts'

const nowMs = Date.parse('2026-03-02T10:00:00.000Z')
const compared = (days: number, differing: string[]): Compared =>
  managerViewSchema.parse({
    ...viewWith(),
    sync: {
      ...{ windows: [], overridden: false, caps: { metered: false, usedBytesToday: 0 } },
      compared: { at: '2026-03-02T09:32:00.000Z', days, differing },
    },
  }).sync?.compared as Compared
const say = (days: number, differing: string[]) => describeCompared(compared(days, differing), nowMs, 'Europe/Berlin')

describe('the comparison in words', () => {
  it('[TRN22] says when, and that every day agrees', () => {
    expect(say(12, [])).toEqual({ tone: 'good', text: 'Compared with head office at 10:32: all 12 days agree' })
    expect(say(1, []).text).toBe('Compared with head office at 10:32: the day agrees')
  })
  it('[TRN22] names the days that do not, and asks nothing of the shop', () => {
    expect(say(12, ['2026-03-01', '2026-03-02'])).toEqual({
      tone: 'bad',
      text: 'Compared with head office at 10:32: Sun 1 Mar, Mon 2 Mar differ. Head office has been told; there is nothing to do here',
    })
    expect(say(12, ['2026-03-01']).text).toContain('Sun 1 Mar differs.')
  })
})
