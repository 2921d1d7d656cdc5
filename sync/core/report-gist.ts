/**
 * What of a report is worth a message: two with the same gist say the same to whoever looks after the stores. An idle store's numbers
 * move a little all the time, and the line may be paid by the byte.
 */
import type { Report } from '../contract/report.ts'

const smallBacklog = 10
const lateAfterMs = 300_000
const clockStepMs = 5_000

/** A number and its neighbours up to its double are the same. */
const magnitude = (value: number): number => (value < 1 ? 0 : 1 + Math.floor(Math.log2(value)))

const isLate = ({ pending }: Report, nowMs: number): boolean =>
  pending.oldestCapturedAt !== undefined && nowMs - Date.parse(pending.oldestCapturedAt) > lateAfterMs

export const reportGist = (report: Report, nowMs: number): string => {
  const { agentVersion, platform, journal, pending, disk, openExceptions, quarantined, parkedDocuments, traffic, clock, lastRefusal } =
    report
  return JSON.stringify([
    ...[agentVersion, platform, journal.incarnation, journal.missingRecords],
    ...[pending.count < smallBacklog ? 0 : magnitude(pending.count), isLate(report, nowMs)],
    ...[disk.state, disk.freeBytes === undefined ? null : magnitude(disk.freeBytes)],
    ...[openExceptions, quarantined, parkedDocuments],
    ...[traffic.open, magnitude(traffic.backlogSeconds ?? 0)],
    ...[clock ? Math.round(clock.offsetMs / clockStepMs) : null, lastRefusal],
  ])
}
