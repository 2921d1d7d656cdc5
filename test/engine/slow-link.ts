/** A line that carries so many bytes a second, one message after the other, in the test's own time; it keeps what went over it. */
import type { UpEvent, UpRequest } from '#sync/contract/up.ts'
import { LinkLost, type Clock, type Link } from '#sync/core/ports.ts'

export interface Crossing {
  event: UpEvent
  request: UpRequest<UpEvent>
  sentAtMs: number
  answeredAtMs: number
  bytes: number
}

export interface SlowLink extends Link {
  readonly crossings: Crossing[]
}

export const slowLink = (link: Link, clock: Clock, bytesPerSecond: number, delayMs = 20): SlowLink => {
  const crossings: Crossing[] = []
  const underWay = new Set<() => void>()
  let before: Promise<void> = Promise.resolve()
  /** By timers alone: the wall clock may be set meanwhile. */
  const carry = (bytes: number): Promise<void> => {
    const ready = before.catch(() => undefined)
    before = ready.then(
      () =>
        new Promise((resolve, reject) => {
          const lose = (): void => reject(new LinkLost('closed'))
          underWay.add(lose)
          clock.after(delayMs + (bytes * 1_000) / bytesPerSecond, () => {
            underWay.delete(lose)
            resolve()
          })
        }),
    )
    return before
  }
  return {
    crossings,
    connect: (handlers) => link.connect(handlers),
    request: async (event, request) => {
      const sentAtMs = clock.nowMs()
      const sentBytes = JSON.stringify(request).length
      await carry(sentBytes)
      const answer = await link.request(event, request)
      const receivedBytes = JSON.stringify(answer).length
      await carry(receivedBytes)
      crossings.push({ event, request, sentAtMs, answeredAtMs: clock.nowMs(), bytes: sentBytes + receivedBytes })
      return answer
    },
    close: () => {
      link.close()
      for (const lose of underWay) lose()
      underWay.clear()
    },
  }
}
