/**
 * Compares the business days with the hub [TRN22]: as far as the hub has acknowledged them, every few minutes and when asked.
 *
 *   digests as of the watermark ─▶ compareDays ─┬─ agrees, waiting   nothing to do
 *                                               ├─ lacks             repair: the wanted records, then compared again
 *                                               └─ differs           nothing is overwritten; it is shown, the hub has an exception
 */
import { batchLimits } from '#sync/contract/protocol.ts'
import type { ComparedDay, DayDigest, Span } from '#sync/contract/comparison.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import {
  type ComparedDays,
  comparedSummary,
  daysToCompare,
  onlyOf,
  outcomeBefore,
  spansWithin,
  withOutcome,
} from '#sync/core/comparison.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { AgentSide, Clock, JournalSource, Random } from '#sync/core/ports.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'
import { inPages } from './record-pages.ts'
import { createRounds } from './rounds.ts'

const daysAtOnce = 31
/** A hub that wants more than this of one day in one round is given the rest in the next. */
const repairsInRound = 20
const afterNewEpochMs = 60_000

export interface DayComparisonPorts {
  agent: Pick<AgentSide, 'days'>
  journal: Pick<JournalSource, 'read'>
  line: Pick<HubLine, 'tryRequest'>
  clock: Clock
  random: Random
  log: EngineLog
  everyMinutes(): number
  ackedSeq(): number
  /** The hub is there and knows these messages. */
  isReady(): boolean
  onChanged(): void
}

export interface DayComparison {
  welcomed(epoch: string | null): void
  now(): Promise<void>
  /** For the manager's view. */
  compared(): NonNullable<ManagerView['sync']>['compared']
  close(): Promise<void>
}

export const createDayComparison = (ports: DayComparisonPorts): DayComparison => {
  const { agent, journal, line, clock, log } = ports
  let compared: ComparedDays = new Map()
  let comparedAtMs: number | null = null
  let epoch: string | null = null
  let closed = false

  /** Null when the hub does not say just now. */
  const ask = async (days: DayDigest[]): Promise<ComparedDay[] | null> => {
    const answer = await line.tryRequest('compareDays', { days })
    if (answer?.outcome !== 'compared') {
      log('info', 'the hub compares no days just now', answer ? { code: answer.code, message: answer.message } : {})
      return null
    }
    if (answer.days.length === days.length && answer.days.every((day, i) => day.businessDay === days[i]?.businessDay)) return answer.days
    log('warn', 'the hub answered about other days than it was asked', { asked: days.length, answered: answer.days.length })
    return null
  }
  const note = (day: DayDigest, { outcome }: ComparedDay): void => {
    if (outcome === 'differs' && outcomeBefore(compared, day) !== 'differs')
      log('error', 'store and hub do not have the same of a business day', { businessDay: day.businessDay, count: day.count })
    compared = withOutcome(compared, day, outcome)
  }
  const sendSpan = async ({ fromSeq, toSeq }: Span): Promise<{ filledIn: number } | null> => {
    let filledIn = 0
    for (let seq = fromSeq; seq <= toSeq && !closed;) {
      const records = await journal.read(seq - 1, Math.min(batchLimits.maxRecords, toSeq - seq + 1))
      const last = records.at(-1)
      if (!last) return { filledIn }
      for (const page of inPages(records.filter((record) => record.seq <= toSeq))) {
        const answer = await line.tryRequest('repair', { records: page })
        if (answer?.outcome !== 'repaired') {
          log('warn', 'the hub takes no records back just now', answer ? { code: answer.code, message: answer.message } : {})
          return null
        }
        filledIn += answer.filledIn
        if (answer.differing.length > 0) log('error', 'the hub holds others under these numbers', { differing: answer.differing.length })
      }
      seq = last.seq + 1
    }
    return { filledIn }
  }
  /** How many the hub took; null when it does not take them just now. */
  const send = async (spans: readonly Span[]): Promise<number | null> => {
    let filledIn = 0
    for (const span of spans) {
      const sent = await sendSpan(span)
      if (!sent) return null
      filledIn += sent.filledIn
    }
    return filledIn
  }
  /** Sends what is wanted until the hub wants no more, or nothing helps. */
  const repair = async (day: DayDigest, first: ComparedDay): Promise<void> => {
    let answer: ComparedDay | undefined = first
    for (let round = 0; round < repairsInRound && answer?.outcome === 'lacks' && !closed; round++) {
      const filledIn = await send(spansWithin(answer.wanted, day.spans))
      if (filledIn === null) return
      log('warn', 'records that the hub lacked were sent again', { businessDay: day.businessDay, filledIn })
      answer = (await ask([day]))?.[0]
      if (answer) note(day, answer)
      if (filledIn === 0) return
    }
  }
  const run = async (): Promise<void> => {
    if (!ports.isReady()) return
    const days = await agent.days(daysAtOnce, ports.ackedSeq())
    compared = onlyOf(compared, days)
    const due = daysToCompare(days, compared)
    if (due.length > 0) {
      const answers = await ask(due)
      if (!answers) return
      for (const [i, day] of due.entries()) {
        const answer = answers[i]
        if (!answer) continue
        note(day, answer)
        if (answer.outcome === 'lacks') await repair(day, answer)
      }
      comparedAtMs = clock.nowMs()
    }
    ports.onChanged()
  }
  const rounds = createRounds({
    ...{ clock, random: ports.random, run, everyMs: () => ports.everyMinutes() * 60_000 },
    onError: (error) => log('warn', 'the days could not be compared', { reason: reasonOf(error) }),
  })

  return {
    welcomed: (now) => {
      const isNew = epoch !== null && now !== epoch
      epoch = now
      if (isNew) compared = new Map()
      rounds.soon(isNew ? afterNewEpochMs : ports.everyMinutes() * 60_000)
    },
    now: rounds.now,
    compared: () => (comparedAtMs === null ? undefined : { at: toInstant(comparedAtMs), ...comparedSummary(compared) }),
    close: async () => {
      closed = true
      await rounds.close()
    },
  }
}
