/**
 * How large a message this line carries in bearable time. It starts small, doubles while answers come soon, and halves when they come
 * late; after a loss with something on its way it starts smaller. Without it a slow line never gets a whole message through before its
 * time is up, and sends the same one for ever.
 */

export interface PaceBounds {
  startingSize: number
  minSize: number
  maxSize: number
}

const soonMs = 5_000
const lateMs = 10_000

/** After an answer that took so long. */
export const paceAfterAnswer = (size: number, tookMs: number, { minSize, maxSize }: PaceBounds): number => {
  if (tookMs < soonMs) return Math.min(maxSize, size * 2)
  return tookMs > lateMs ? Math.max(minSize, Math.floor(size / 2)) : size
}

/** After a connection that ended with a message on its way. */
export const paceAfterLoss = (size: number, { minSize }: PaceBounds): number => Math.max(minSize, Math.floor(size / 4))
