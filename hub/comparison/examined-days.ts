/** Each day that a store names, held against the log: first whether all is there, then whether it is the same, then whether it counts. */
import type { DayDigest } from '#sync/contract/comparison.ts'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { countDays, type DayCounts, isSalesBehind } from './day-counts.ts'
import { judgeDay, type JudgedDay } from './judged-day.ts'
import { countLacking, readGaps, readWatermarks } from './log-gaps.ts'

export interface ExaminedDay {
  day: DayDigest
  counts: DayCounts
  judged: JudgedDay
}

/** `db` sees one state of the database throughout. */
export const examineDays = async (db: Kysely<Tables>, deviceId: string, days: readonly DayDigest[]): Promise<ExaminedDay[]> => {
  const watermarks = await readWatermarks(db, deviceId)
  const lacking = await countLacking(db, deviceId, days, watermarks)
  const counts = await countDays(db, deviceId, days)
  const examined: ExaminedDay[] = []
  for (const [index, day] of days.entries()) {
    const found = counts[index] ?? nothing
    const judged = judgeDay(day, {
      wanted: (lacking[index] ?? 0) > 0 ? await readGaps(db, deviceId, day, watermarks) : [],
      isAhead: day.spans.some(({ toSeq }) => toSeq > (watermarks.get(day.incarnation) ?? 0)),
      counts: found,
      isSalesBehind: found.uncounted > 0 && (await isSalesBehind(db, deviceId, day)),
    })
    examined.push({ day, counts: found, judged })
  }
  return examined
}

const nothing: DayCounts = { count: 0, digest: '0'.repeat(16), counted: new Map(), uncounted: 0, setAside: [] }
