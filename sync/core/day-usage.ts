/**
 * Bytes moved, by day of the store's zone. Each day has one account, however the clock jumps: set back, it goes on with the day's old
 * one. Kept are the days last used, so that no order of dates is relied on.
 */
import { z } from 'zod'

export const dayUsageSchema = z.strictObject({ day: z.string().max(32), sentBytes: z.int().min(0), receivedBytes: z.int().min(0) })
export type DayUsage = z.infer<typeof dayUsageSchema>

/** The day last used stands last. */
export type Usage = readonly DayUsage[]

const keptDays = 62

export const usageOf = (usage: Usage, day: string): DayUsage => usage.find((u) => u.day === day) ?? { day, sentBytes: 0, receivedBytes: 0 }

export const addUsage = (usage: Usage, day: string, direction: 'sent' | 'received', bytes: number): Usage => {
  const { sentBytes, receivedBytes } = usageOf(usage, day)
  const more = direction === 'sent' ? { sentBytes: sentBytes + bytes, receivedBytes } : { sentBytes, receivedBytes: receivedBytes + bytes }
  return [...usage.filter((u) => u.day !== day), { day, ...more }].slice(-keptDays)
}

export const bytesOfDay = ({ sentBytes, receivedBytes }: DayUsage): number => sentBytes + receivedBytes
