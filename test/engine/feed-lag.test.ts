/** How far feeds are behind: from their pages, and from the hub's count. */
import { describe, expect, it } from 'vitest'
import { incarnationSchema } from '#sync/contract/vocabulary.ts'
import { upMessages, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import { createFeedLag } from '#sync/engine/feed-lag.ts'
import type { Exchange } from '#sync/engine/traffic-link.ts'

const welcome = (protocolVersion: number) =>
  upMessages.hello.response.parse({
    ...{ outcome: 'welcome', protocolVersion, storeId: 'S1', ackedSeq: 0, headHash: '0'.repeat(64), hubTime: '2026-03-02T10:00:00.000Z' },
  })
const exchange = (event: Exchange['event'], request: unknown, answer: UpResponse<Exchange['event']>): Exchange => ({
  ...{ event, request: request as UpRequest<Exchange['event']>, answer, sentBytes: 1, receivedBytes: 1 },
  transfer: { bytes: 2, askedAtMs: 0, releasedAtMs: 0, doneAtMs: 0, previousAtMs: 0 },
})
const page = (count: number, more: boolean): Exchange =>
  exchange(
    'pull',
    { feed: 'items', after: 0, limit: 100 },
    {
      ...{ outcome: 'pulled', checkpoint: count, more },
      entries: Array.from({ length: count }, (_, i) => ({ id: `I${i}`, checkpoint: i + 1, deleted: false, document: {} })),
    },
  )

const lagWith = ({ bounded = true, version = 3 } = {}) => {
  const asked: UpRequest<'compareFeed'>[] = []
  let answer: (value: UpResponse<'compareFeed'>) => void = () => undefined
  const lag = createFeedLag({
    count: (request) => {
      asked.push(request)
      return new Promise((resolve) => (answer = resolve))
    },
    isBounded: () => bounded,
  })
  lag.heard(exchange('hello', { incarnation: incarnationSchema.parse('aaaaaaaaaaaa') }, welcome(version)))
  const counted = async (count: number): Promise<void> => {
    answer(upMessages.compareFeed.response.parse({ outcome: 'compared', ranges: [{ count, digest: '0'.repeat(16) }] }))
    for (let turns = 0; turns < 5; turns++) await Promise.resolve()
  }
  return { lag, asked, counted }
}

describe('how far a feed is behind', () => {
  it('[TRN21] a first load that has to wait is counted by the hub once, and counted down page by page', async () => {
    const { lag, asked, counted } = lagWith()
    lag.wanted({ feed: 'items', after: 40 }, 'bulk')
    lag.wanted({ feed: 'items', after: 40 }, 'bulk')
    expect(asked).toEqual([{ feed: 'items', ranges: [{ after: 40, through: Number.MAX_SAFE_INTEGER }] }])
    expect(lag.behind('items')).toMatchObject({ lane: 'bulk', entries: null })
    lag.heard(page(100, true))
    await counted(1_000)
    expect(lag.behind('items')?.entries).toBe(900)
    lag.heard(page(100, true))
    expect(lag.behind('items')?.entries).toBe(800)
    lag.heard(page(30, false))
    expect(lag.behind('items')).toBeUndefined()
  })

  it('[TRN12] an older hub is not asked, nor one whose load takes no time', () => {
    const older = lagWith({ version: 2 })
    older.lag.wanted({ feed: 'items', after: 0 }, 'bulk')
    expect(older.asked).toEqual([])
    expect(older.lag.behind('items')).toMatchObject({ entries: null })
    const free = lagWith({ bounded: false })
    free.lag.wanted({ feed: 'items', after: 0 }, 'bulk')
    expect(free.asked).toEqual([])
    expect(free.lag.behind('items')).toBeUndefined()
  })

  it('[TRN21] changes that wait for their window are at least one; with the line everything is forgotten', () => {
    const { lag, asked } = lagWith()
    lag.wanted({ feed: 'items', after: 7 }, 'routine')
    expect(asked).toEqual([])
    expect(lag.behind('items')).toMatchObject({ lane: 'routine', entries: 1 })
    lag.lost()
    expect(lag.behind('items')).toBeUndefined()
  })
})
