/**
 * When all figures of a store are looked through although no stock moved: what the hub knows of the store changed, or time alone has made
 * them fall. A silence is looked at again when it has grown by a quarter, so that a long one costs little. Pure.
 */
import { z } from 'zod'

export const storeStandingSchema = z.strictObject({
  atMs: z.int(),
  /** 0 while the store is heard. */
  silentMs: z.int().min(0),
  pendingRecords: z.int().min(0),
  missingRecords: z.int().min(0),
  /** Of more than is ordinary. */
  feedLagMs: z.int().min(0),
  /** The merchant's rules in force, and the store's day. */
  rules: z.string(),
  /** Of the hub's data; see publication.ts. */
  lifeBegan: z.int(),
})
export type StoreStanding = z.infer<typeof storeStandingSchema>

const leastSilenceMs = 30_000
/** Sales of another hour, of another day, and clocks that drift. */
const atTheLatestMs = 3_600_000

/** One is nothing and the other is not, or they are a quarter apart. */
const isOther = (a: number, b: number): boolean => (a === 0) !== (b === 0) || Math.max(a, b) * 4 > Math.min(a, b) * 5

export const isSweepDue = (then: StoreStanding | null, now: StoreStanding): boolean => {
  if (then === null || then.lifeBegan !== now.lifeBegan) return true
  if (then.silentMs === 0 ? now.silentMs > 0 : now.silentMs < then.silentMs) return true
  if (now.silentMs - then.silentMs >= leastSilenceMs && isOther(then.silentMs, now.silentMs)) return true
  if (isOther(then.pendingRecords, now.pendingRecords) || then.missingRecords !== now.missingRecords) return true
  if (isOther(then.feedLagMs, now.feedLagMs) || then.rules !== now.rules) return true
  return now.atMs - then.atMs >= atTheLatestMs
}
