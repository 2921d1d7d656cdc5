import { describe, expect, it } from 'vitest'
import { bytesPerPiece, bytesPerSecondOfLine, learnPieces, learnSpeed, piecesPerMessage, unknownPace, type Pace } from './traffic-pace.ts'

const repeated = (times: number, learn: (pace: Pace, index: number) => Pace): Pace =>
  Array.from({ length: times }, (_, index) => index).reduce(learn, unknownPace)

/** 10 kB each in 100 ms, then 100 ms of work before the next is asked. */
const pages = (times: number, heldMs = 0): Pace =>
  repeated(times, (pace, i) => {
    const askedAtMs = 1_000_000 + i * (200 + heldMs)
    const releasedAtMs = askedAtMs + heldMs
    return learnSpeed(pace, {
      bytes: 10_000,
      askedAtMs,
      releasedAtMs,
      doneAtMs: releasedAtMs + 100,
      previousAtMs: i === 0 ? 0 : askedAtMs - 100,
    })
  })

describe('pace', () => {
  it('[TRN21] measures from one message’s end to the next one’s, without what the gate held up', () => {
    expect(bytesPerSecondOfLine(unknownPace)).toBeUndefined()
    expect(bytesPerSecondOfLine(pages(50))).toBeCloseTo(50_000, -3)
    expect(bytesPerSecondOfLine(pages(50, 60_000))).toBeCloseTo(50_000, -3)
  })

  it('[TRN21] several messages at once count their time once', () => {
    const pace = repeated(60, (known, i) =>
      learnSpeed(known, {
        bytes: 20_000,
        askedAtMs: i * 100 - 300,
        releasedAtMs: i * 100 - 300,
        doneAtMs: i * 100,
        previousAtMs: (i - 1) * 100,
      }),
    )
    expect(bytesPerSecondOfLine(pace)).toBeCloseTo(200_000, -4)
  })

  it('[TRN21] small messages tell nothing of speed', () => {
    expect(learnSpeed(unknownPace, { bytes: 900, askedAtMs: 0, releasedAtMs: 0, doneAtMs: 400, previousAtMs: 0 })).toBe(unknownPace)
  })

  it('[TRN20] a page under a bound takes about two seconds of it, at least one piece, by what pieces have weighed', () => {
    const pace = repeated(30, (known) => learnPieces(known, 'items', 50_000, 500))
    expect(bytesPerPiece(pace, 'items')).toBeCloseTo(100)
    expect(piecesPerMessage(pace, 'items', 50_000)).toBe(1_000)
    expect(piecesPerMessage(pace, 'prices', 50_000)).toBe(250)
    expect(piecesPerMessage(pace, 'record', 1)).toBe(1)
    expect(piecesPerMessage(pace, 'items', null)).toBe(Infinity)
  })
})
