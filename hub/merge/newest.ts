/**
 * Which of the things that a store said still hold, when the same ones may stand in several of its journals. A new life carries the
 * records of the old one, word for word and in order, so lives are compared by what they say and never by a clock:
 *
 *   old life   a ─▶ b            b holds: in the old life it follows a,
 *   new life   a                 and the new life, which knew a alone, says nothing against it.
 *
 * Something holds that is the last of its stream, and that no stream goes on from. The result does not depend on the order of the input.
 */
import { grouped } from '../grouped.ts'

export interface Said {
  deviceId: string
  incarnation: string
  seq: number
  /** Equal where one is the other, carried over. */
  identity: string
}

/** One of each identity that holds, in a fixed order; empty only when nothing was said. */
export const newestOf = <T extends Said>(said: readonly T[]): T[] => {
  const streams = [...grouped(said, (one) => `${one.deviceId}:${one.incarnation}`)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, stream]) => stream.toSorted((a, b) => a.seq - b.seq))
  const last = streams.flatMap((stream) => stream.at(-1) ?? [])
  const goesOn = ({ identity }: Said): boolean =>
    streams.some((stream) => {
      const at = stream.findLastIndex((one) => one.identity === identity)
      return at >= 0 && at < stream.length - 1
    })
  const holding = last.filter((one) => !goesOn(one))
  // Streams that contradict each other's order are no carried ones: then each has its say.
  return [...new Map((holding.length > 0 ? holding : last).map((one) => [one.identity, one])).values()]
}
