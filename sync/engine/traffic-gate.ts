/** Runs the gate of sync/core/traffic.ts: who asks to enter waits until the decision lets it go, or until the line drops. */
import type { TrafficCaps, TrafficClass } from '#sync/contract/traffic.ts'
import { LinkLost, type Clock } from '#sync/core/ports.ts'
import type { Lane } from '#sync/core/traffic-class.ts'
import { isAllowed, openTraffic, stepTraffic, type TrafficEvent } from '#sync/core/traffic.ts'

export interface Passage {
  ticket: number
  releasedAtMs: number
  done(): void
}

export interface TrafficGate {
  /** Rejects with LinkLost when the line drops first. */
  enter(lane: Lane): Promise<Passage>
  moved(bytes: number, usedBytesToday: number): void
  rule(caps: TrafficCaps, open: Readonly<Record<TrafficClass, boolean>>, usedBytesToday: number): void
  override(overridden: boolean): void
  allows(trafficClass: TrafficClass): boolean
  lost(): void
  /** Waiting or under way. */
  tickets(): readonly number[]
  close(): void
}

interface Waiting {
  go(): void
  drop(): void
}

export const createTrafficGate = (clock: Clock): TrafficGate => {
  let state = openTraffic(clock.nowMs())
  let nextId = 1
  let cancelTimer = (): void => undefined
  const waiting = new Map<number, Waiting>()

  const dispatch = (event: TrafficEvent): void => {
    const step = stepTraffic(state, event, clock.nowMs())
    state = step.state
    cancelTimer()
    for (const effect of step.effects) {
      if (effect.kind === 'look-again') cancelTimer = clock.after(effect.delayMs, () => dispatch({ kind: 'look' }))
      else waiting.get(effect.id)?.go()
    }
  }
  const enter = (lane: Lane): Promise<Passage> =>
    new Promise((resolve, reject) => {
      const id = nextId++
      const passage = (): Passage => ({ ticket: id, releasedAtMs: clock.nowMs(), done: () => dispatch({ kind: 'done', id }) })
      const leave = (then: () => void) => () => {
        waiting.delete(id)
        then()
      }
      waiting.set(id, {
        go: leave(() => resolve(passage())),
        drop: leave(() => reject(new LinkLost('the line dropped before it was sent'))),
      })
      dispatch({ kind: 'asked', ticket: { id, lane } })
    })
  const lost = (): void => {
    const dropped = [...waiting.values()]
    dispatch({ kind: 'lost' })
    for (const { drop } of dropped) drop()
  }
  return {
    enter,
    moved: (bytes, bytesToday) => {
      dispatch({ kind: 'used', bytesToday })
      dispatch({ kind: 'moved', bytes })
    },
    rule: (caps, open, bytesToday) => {
      dispatch({ kind: 'used', bytesToday })
      dispatch({ kind: 'ruled', caps, open })
    },
    override: (overridden) => dispatch({ kind: 'overridden', overridden }),
    allows: (trafficClass) => isAllowed(state, trafficClass),
    lost,
    tickets: () => [...state.waiting, ...state.inFlight].map((t) => t.id),
    close: () => {
      lost()
      cancelTimer()
    },
  }
}
