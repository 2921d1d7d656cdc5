/** The outbox and what a hub says of itself: its epoch, its credit, and what cannot be true. */
import { describe, expect, it } from 'vitest'
import { acknowledged, firstEpoch, onGoodLine, play, secondEpoch, sends, welcomed } from '#test/fixtures/outbox-play.ts'
import { batchLimits } from '../contract/protocol.ts'
import type { Credit } from '../contract/up.ts'
import { type OutboxEvent } from './outbox.ts'

describe('outbox and the hub’s epochs', () => {
  const inFirst = { epoch: firstEpoch }

  it('[TRN15] stores the epoch with the watermark, and each later watermark with it', () => {
    const { effects } = play(onGoodLine(0, 10), [welcomed(0, 1, inFirst), acknowledged(1, 10)])
    expect(effects.filter((e) => e.kind === 'persist')).toEqual([
      { kind: 'persist', ackedSeq: 0, verdicts: [], epoch: firstEpoch },
      { kind: 'persist', ackedSeq: 10, verdicts: [], epoch: firstEpoch },
    ])
  })

  it('[TRN15] refuses a hub that has less than it acknowledged in the same epoch, and sends nothing', () => {
    const { effects, state } = play(onGoodLine(5, 8, firstEpoch), [welcomed(2, 1, inFirst)])
    expect(effects).toMatchObject([{ kind: 'refuse', code: 'HUB_FELL_BACK' }])
    expect(state).toMatchObject({ confirmedSeq: 5, connection: null })
  })

  it('[TRN15] that the journal does not reach so far back any more does not make it a restored disk', () => {
    const fallen: OutboxEvent = {
      ...(welcomed(2, 1, inFirst) as Extract<OutboxEvent, { kind: 'welcomed' }>),
      localHash: null,
      pruned: true,
    }
    expect(play(onGoodLine(5, 8, firstEpoch), [fallen]).effects).toMatchObject([{ kind: 'refuse', code: 'HUB_FELL_BACK' }])
    expect(play(onGoodLine(5, 8, secondEpoch), [fallen]).effects).toMatchObject([
      { kind: 'refuse', code: 'JOURNAL_BEHIND', message: expect.stringContaining('is not kept here any more') },
    ])
  })

  it('[TRN15] in a new epoch the watermark goes down, and what the hub lacks is sent again', () => {
    const { effects, state } = play(onGoodLine(5, 8, firstEpoch), [welcomed(2, 1, { epoch: secondEpoch })])
    expect(effects).toMatchObject([{ kind: 'persist', ackedSeq: 2, epoch: secondEpoch }, { kind: 'send' }])
    expect(sends(effects)).toEqual([[1, 3, 8]])
    expect(state.epoch).toBe(secondEpoch)
  })

  it('[TRN15] a new epoch that could not be stored is new again at the next welcome, not a hub that fell back', () => {
    const again = play(onGoodLine(5, 8, firstEpoch), [
      ...[welcomed(2, 1, { epoch: secondEpoch }), { kind: 'persist-failed' as const }],
      welcomed(2, 2, { epoch: secondEpoch }),
    ])
    expect(again.effects.map((e) => e.kind)).toEqual(['persist', 'send', 'reset', 'persist', 'send'])
  })

  it('[TRN15] a hub that goes back in the middle of a connection is asked anew before the watermark follows', () => {
    const gap: OutboxEvent = { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'gap', expectedSeq: 3 } }
    for (const back of [gap, acknowledged(1, 2)])
      expect(play(onGoodLine(5, 8), [welcomed(5, 1, inFirst), back]).effects.slice(-1)).toMatchObject([{ kind: 'reset', fault: 'hub' }])
  })

  it('[TRN15] does not believe a verdict on what the batch does not hold, nor a gap in what was sent', () => {
    const verdict = { seq: 11, verdict: 'conflict' as const }
    const strange = play(onGoodLine(0, 10), [welcomed(0), acknowledged(1, 10, 1, [verdict])])
    expect(strange.effects.at(-1)).toMatchObject({ kind: 'reset', fault: 'hub' })
    const gap: OutboxEvent = { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'gap', expectedSeq: 4 } }
    expect(play(onGoodLine(0, 10), [welcomed(0), gap]).effects.at(-1)).toMatchObject({ kind: 'reset', fault: 'hub' })
  })
})

describe('outbox and credit', () => {
  const credit = (batches: number, afterMs?: number): Credit => ({ batches, ...(afterMs === undefined ? {} : { afterMs }) })

  it('[TRN14] has no more batches in flight than the newest credit allows', () => {
    const one = play(onGoodLine(0, 5_000), [welcomed(0, 1, { credit: credit(1) })])
    expect(sends(one.effects)).toHaveLength(1)
    const more = play(one.state, [{ kind: 'credit', connection: 1, credit: credit(3) }])
    expect(sends(more.effects)).toHaveLength(2)
    const answered = play(more.state, [
      { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'acknowledged', ackedSeq: 500, verdicts: [], credit: credit(2) } },
    ])
    expect(sends(answered.effects)).toEqual([])
  })

  it('[TRN14] without credit it waits as long as it was told, then sends one batch to hear anew', () => {
    const none = play(onGoodLine(0, 5_000), [welcomed(0, 1, { credit: credit(0, 3_000) })])
    expect(none.effects).toEqual([{ kind: 'wait', connection: 1, grant: 1, afterMs: 3_000 }])
    expect(sends(play(none.state, [{ kind: 'waited', connection: 1, grant: 1 }]).effects)).toHaveLength(1)
  })

  it('[TRN14] an old wait, and credit of a former connection, give nothing', () => {
    const none = play(onGoodLine(0, 5_000), [
      welcomed(0, 1, { credit: credit(0, 3_000) }),
      { kind: 'credit', connection: 1, credit: credit(0) },
    ])
    expect(none.effects.at(-1)).toMatchObject({ kind: 'wait', grant: 2, afterMs: 60_000 })
    expect(play(none.state, [{ kind: 'waited', connection: 1, grant: 1 }]).effects).toEqual([])
    expect(play(none.state, [{ kind: 'credit', connection: 0, credit: credit(4) }]).effects).toEqual([])
  })

  it('[TRN14] a hub that says nothing of credit gives all of it', () => {
    const after = play(onGoodLine(0, 5_000), [welcomed(0, 1, { credit: credit(0) }), { kind: 'lost' }, welcomed(0, 2)])
    expect(sends(after.effects)).toHaveLength(batchLimits.maxInFlight)
  })

  it('[TRN14] hands on how long a refused batch is to wait', () => {
    const refused: OutboxEvent = {
      ...{ kind: 'answered', connection: 1, batch: 1 },
      answer: { outcome: 'refused', code: 'HUB_BUSY', message: 'later', retryAfterMs: 9_000 },
    }
    expect(play(onGoodLine(0, 10), [welcomed(0), refused]).effects.at(-1)).toEqual({
      ...{ kind: 'refuse', code: 'HUB_BUSY', message: 'later', retryAfterMs: 9_000 },
    })
  })
})
