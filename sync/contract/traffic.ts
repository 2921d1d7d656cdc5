/**
 * Classes of traffic and what the centre allows each: windows, and bounds on bytes.
 *
 *   urgent    records in their one order, reports, changes of the catalogue: before reading nobody knows how soon they are due
 *   routine   comparisons and what they mend, what became of postings
 *   bulk      first load, records fetched back, support bundles
 */
import { z } from 'zod'
import { storeIdSchema } from './vocabulary.ts'

export const trafficClasses = ['urgent', 'routine', 'bulk'] as const
export const trafficClassSchema = z.enum(trafficClasses)
export type TrafficClass = z.infer<typeof trafficClassSchema>

/** Open for so long from each moment that the pattern names, by the store's clocks. */
export const windowSchema = z.strictObject({
  /** Five or six fields, as cron has them. */
  cron: z.string().min(9).max(100),
  minutes: z.int().min(1).max(1_440),
})
export type Window = z.infer<typeof windowSchema>

/** No windows for a class: always open. An empty list: never, unless a person asks for it. */
export const trafficWindowsSchema = z.strictObject({
  urgent: z.array(windowSchema).max(20).optional(),
  routine: z.array(windowSchema).max(20).optional(),
  bulk: z.array(windowSchema).max(20).optional(),
})
export type TrafficWindows = z.infer<typeof trafficWindowsSchema>

/** Bounds over both directions together; urgent traffic counts against them and is never held up by the daily one. */
export const trafficCapsSchema = z.strictObject({
  kilobytesPerSecond: z.int().min(1).max(1_000_000).optional(),
  megabytesPerDay: z.int().min(1).max(1_000_000).optional(),
  /** The line is paid by the byte: bulk waits for a person, or for a window of its own. */
  metered: z.boolean(),
})
export type TrafficCaps = z.infer<typeof trafficCapsSchema>

/** How one store talks to the centre. Set there; the agent keeps the last known one offline. */
export const syncSettingsSchema = z.strictObject({
  kind: z.literal('sync'),
  storeId: storeIdSchema,
  windows: trafficWindowsSchema,
  caps: trafficCapsSchema,
  compareEveryMinutes: z.int().min(1).max(1_440),
  reportEverySeconds: z.int().min(15).max(3_600),
})
export type SyncSettings = z.infer<typeof syncSettingsSchema>

export const defaultSyncSettings = (storeId: SyncSettings['storeId']): SyncSettings => ({
  ...{ kind: 'sync', storeId, windows: {}, caps: { metered: false } },
  ...{ compareEveryMinutes: 5, reportEverySeconds: 60 },
})
