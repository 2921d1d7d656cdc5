import { deviceIdSchema, incarnationSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOlder, nextSession, type Session, type SessionEvent } from './session.ts'

const peer = {
  deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'),
  incarnation: incarnationSchema.parse('abcdefghijkl'),
  storeId: storeIdSchema.parse('S1'),
  protocolVersion: 3,
}
const challenged: Session = { state: 'challenged', nonce: 'n' }
const run = (events: readonly SessionEvent[], from: Session = challenged): Session => events.reduce(nextSession, from)
const welcome: readonly SessionEvent[] = [{ event: 'hello' }, { event: 'known', peer }]

const anyEvent = fc.constantFrom<SessionEvent>(
  { event: 'hello' },
  { event: 'refused' },
  { event: 'known', peer },
  { event: 'announced' },
  { event: 'batch-started' },
  { event: 'batch-done' },
  { event: 'ended' },
)

describe('a session', () => {
  it('[TRN11] is welcomed only through a hello that is known', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        let session = run([])
        for (const event of events) {
          const before = session.state
          session = nextSession(session, event)
          if (session.state === 'welcomed' && before !== 'welcomed') expect([before, event.event]).toEqual(['greeting', 'known'])
          if (session.state === 'greeting' && before !== 'greeting') expect([before, event.event]).toEqual(['challenged', 'hello'])
        }
      }),
    )
    expect(run(welcome)).toEqual({ state: 'welcomed', peer, announced: false, batchesInFlight: 0 })
  })

  it('[TRN11] keeps its nonce when a hello is refused, for another try', () => {
    expect(run([{ event: 'hello' }, { event: 'refused' }])).toEqual(challenged)
  })

  it('[TRN2] counts its batches in flight', () => {
    const started: SessionEvent = { event: 'batch-started' }
    expect(run([...welcome, started, started, { event: 'batch-done' }])).toMatchObject({ batchesInFlight: 1 })
    expect(run([started])).toEqual(challenged)
  })

  it('ends for good', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), fc.array(anyEvent), (before, after) => {
        expect(run([...before, { event: 'ended' }, ...after])).toEqual({ state: 'ended' })
      }),
    )
  })

  it('[CAP3] is older than another of the same journal only once it was announced itself', () => {
    expect(isOlder(run(welcome), peer.incarnation)).toBe(false)
    const announced = run([...welcome, { event: 'announced' }])
    expect(isOlder(announced, peer.incarnation)).toBe(true)
    expect(isOlder(announced, 'bbbbbbbbbbbb')).toBe(false)
    expect(isOlder(run([{ event: 'ended' }], announced), peer.incarnation)).toBe(false)
  })
})
