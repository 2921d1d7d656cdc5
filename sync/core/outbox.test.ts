/** The outbox by hand: what it sends, in which order and size, and what an answer changes. */
import { describe, expect, it } from 'vitest'
import { acknowledged, heavyPayload, onGoodLine, persists, play, sends, welcomed } from '#test/fixtures/outbox-play.ts'
import { openOutbox, relearnLimit, resumeFrom, stepOutbox, type OutboxEffect, type OutboxEvent } from './outbox.ts'

describe('outbox', () => {
  it('[TRN1] sends what lies behind the watermark, and nothing while offline', () => {
    expect(play(onGoodLine(3, 5), []).effects).toEqual([])
    expect(sends(play(onGoodLine(3, 5), [welcomed(3)]).effects)).toEqual([[1, 4, 5]])
  })

  it('[TRN2] keeps batches in order, bounded in records and in flight', () => {
    const { effects } = play(onGoodLine(0, 5_000), [welcomed(0)])
    expect(sends(effects)).toEqual([
      [1, 1, 500],
      [2, 501, 1000],
      [3, 1001, 1500],
      [4, 1501, 2000],
    ])
  })

  it('[TRN2] begins with small batches, sends larger ones while answers come soon, and smaller ones when the line did not bear them', () => {
    const sizeOf = (effects: OutboxEffect[]): number => Math.max(0, ...effects.flatMap((e) => (e.kind === 'send' ? e.records.length : 0)))
    const soon = (batch: number, ackedSeq: number, tookMs: number): OutboxEvent => ({
      ...{ kind: 'answered', connection: 1, batch, tookMs },
      answer: { outcome: 'acknowledged', ackedSeq, verdicts: [] },
    })
    const first = play(openOutbox(0, 5_000), [welcomed(0)])
    const size = sizeOf(first.effects)
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThan(500)
    expect(sizeOf(play(first.state, [soon(1, size, 100)]).effects)).toBeGreaterThan(size)
    expect(sizeOf(play(first.state, [soon(1, size, 15_000)]).effects)).toBeLessThan(size)
    expect(sizeOf(play(first.state, [soon(1, size, 7_000)]).effects)).toBe(size)
    expect(sizeOf(play(first.state, [{ kind: 'lost' }, welcomed(0, 2)]).effects)).toBeLessThan(size / 2)
  })

  it('[TRN2] bounds batches in bytes; a record over the bound travels alone', () => {
    expect(sends(play(onGoodLine(0, 5), [welcomed(0)], heavyPayload).effects)).toEqual([
      [1, 1, 3],
      [2, 4, 5],
    ])
    expect(sends(play(onGoodLine(0, 2), [welcomed(0)], heavyPayload.repeat(4)).effects)).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ])
  })

  it('[TRN3] gives verdicts and watermark out together, in the order of the batches', () => {
    const verdict = { seq: 7, verdict: 'conflict' as const }
    const sent = play(onGoodLine(0, 1_000), [welcomed(0)]).state
    const early = play(sent, [acknowledged(2, 1_000)])
    expect(persists(early.effects)).toEqual([])
    const both = play(early.state, [acknowledged(1, 1_000, 1, [verdict])])
    expect(both.effects).toEqual([
      { kind: 'persist', ackedSeq: 500, verdicts: [verdict] },
      { kind: 'persist', ackedSeq: 1_000, verdicts: [] },
    ])
  })

  it('[TRN5] ignores a late answer of a former connection and a doubled one', () => {
    const sent = play(onGoodLine(0, 10), [welcomed(0), { kind: 'lost' }, welcomed(0, 2)]).state
    expect(stepOutbox(sent, acknowledged(1, 10, 1))).toEqual({ state: sent, effects: [] })
    const done = play(sent, [acknowledged(2, 10, 2), acknowledged(2, 10, 2)])
    expect(persists(done.effects)).toEqual([10])
  })

  it('[TRN5] sends the rest again after half an acknowledgement', () => {
    const { effects, state } = play(onGoodLine(0, 10), [welcomed(0), acknowledged(1, 4)])
    expect(persists(effects)).toEqual([4])
    expect(sends(effects)).toEqual([
      [1, 1, 10],
      [2, 5, 10],
    ])
    expect(state.confirmedSeq).toBe(4)
  })

  it('[TRN5] keeps a batch sent before a rewind on the line, and does not use its answer', () => {
    const sent = play(onGoodLine(0, 1_000), [welcomed(0)]).state
    const half = play(sent, [acknowledged(1, 400)])
    expect(half.state.inFlight.map((b) => [b.batch, b.abandoned])).toEqual([
      [2, true],
      [3, false],
      [4, false],
    ])
    const late = play(half.state, [{ kind: 'answered', connection: 1, batch: 2, answer: { outcome: 'gap', expectedSeq: 401 } }])
    expect(late.effects).toEqual([])
    expect(late.state.rewinds).toBe(1)
  })

  it('[TRN4] goes back to the sequence a gap names, and gives up the connection when that leads nowhere', () => {
    const gap = (batch: number): OutboxEvent => ({ kind: 'answered', connection: 1, batch, answer: { outcome: 'gap', expectedSeq: 3 } })
    const once = play(onGoodLine(5, 8), [welcomed(5), gap(1)])
    expect(persists(once.effects)).toEqual([2])
    expect(sends(once.effects)).toEqual([
      [1, 6, 8],
      [2, 3, 8],
    ])
    const gapOfOwn = (batch: number): OutboxEvent => ({
      kind: 'answered',
      connection: 1,
      batch,
      answer: { outcome: 'acknowledged', ackedSeq: 2, verdicts: [] },
    })
    const endless = play(once.state, [2, 3, 4, 5, 6, 7].map(gapOfOwn))
    expect(endless.effects.some((e) => e.kind === 'reset')).toBe(true)
  })

  it('[TRN4] follows a hub that was restored, and refuses one that knows another or a longer journal', () => {
    const restored = play(onGoodLine(5, 8), [welcomed(2)])
    expect(persists(restored.effects)).toEqual([2])
    expect(sends(restored.effects)).toEqual([[1, 3, 8]])
    const refusal = { kind: 'refuse', code: 'JOURNAL_BEHIND' }
    expect(
      play(onGoodLine(5, 8), [{ kind: 'welcomed', connection: 1, hubAckedSeq: 9, hubHash: 'h', localHash: null }]).effects,
    ).toMatchObject([refusal])
    expect(
      play(onGoodLine(5, 8), [{ kind: 'welcomed', connection: 1, hubAckedSeq: 5, hubHash: 'h', localHash: 'x' }]).effects,
    ).toMatchObject([refusal])
  })

  it('[TRN1] does not believe an acknowledgement of what was not sent', () => {
    const { effects, state } = play(onGoodLine(0, 10), [welcomed(0), { kind: 'appended', headSeq: 12 }, acknowledged(1, 900)])
    expect(effects.at(-1)).toMatchObject({ kind: 'reset' })
    expect(state.confirmedSeq).toBe(0)
  })

  it('[TRN3] sends again what it did not hear of, to learn the verdicts, after a wipe within bounds', () => {
    expect(resumeFrom(100, 600)).toBe(100)
    expect(resumeFrom(0, 50_000)).toBe(50_000 - relearnLimit)
    expect(resumeFrom(700, 600)).toBe(600)
  })
})
