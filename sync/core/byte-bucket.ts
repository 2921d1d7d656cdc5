/**
 * Bytes per second, over both directions. A message may go while the level is above nothing, and is paid for as it moves: the level
 * may fall below nothing by that message and no further one. A clock set back earns nothing, one set ahead no more than a second's worth.
 */
export interface ByteBucket {
  level: number
  atMs: number
}

const burstSeconds = 1

export const fullBucket = (bytesPerSecond: number, nowMs: number): ByteBucket => ({ level: bytesPerSecond * burstSeconds, atMs: nowMs })

export const refill = ({ level, atMs }: ByteBucket, bytesPerSecond: number, nowMs: number): ByteBucket => ({
  level: Math.min(bytesPerSecond * burstSeconds, level + (Math.max(0, nowMs - atMs) * bytesPerSecond) / 1_000),
  atMs: nowMs,
})

export const spend = (bucket: ByteBucket, bytes: number): ByteBucket => ({ ...bucket, level: bucket.level - bytes })

/** How long until a message may go. */
export const waitMs = ({ level }: ByteBucket, bytesPerSecond: number): number =>
  level > 0 ? 0 : Math.floor((-level * 1_000) / bytesPerSecond) + 1
