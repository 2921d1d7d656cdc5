/**
 * A till hands over its own totals of a business day (its Z report). Each day named is closed once, with all totals that came for it, and
 * answered after the close is durable. The totals that the agent has of the till already are a duplicate.
 */
import { z } from 'zod'
import { recordIdOf } from '#sync/contract/record.ts'
import type { TillTotals } from '#sync/contract/transaction.ts'
import type { BusinessDay, StoreId, WorkstationId } from '#sync/contract/vocabulary.ts'
import { sameTillTotals } from '#sync/core/till-totals.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Keeper } from '../completeness/keeper.ts'
import { CannotWrite } from '../journal/journal.ts'
import { type Answer, refuse } from './answers.ts'
import { type DayCloseAnswer, type DayCloseRequest, dayCloseRequestSchema } from './http-contract.ts'
import { createTurns } from './turns.ts'

export interface DayClosesParts {
  keeper: Keeper
  storeId: StoreId
  deviceId: string
  log: AgentLog
}

interface Answered {
  status: 200 | 201
  answer: DayCloseAnswer
}

const bodySchema = z.union([dayCloseRequestSchema, z.array(dayCloseRequestSchema).min(1).max(200)])

type ReadBody = { requests: DayCloseRequest[]; isList: boolean } | { refusal: Answer }

const readBody = (bytes: Uint8Array): ReadBody => {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { refusal: refuse(400, 'MALFORMED', 'the body is not JSON') }
  }
  const isList = Array.isArray(content)
  const parsed = isList ? bodySchema.safeParse(content) : dayCloseRequestSchema.safeParse(content)
  if (!parsed.success) return { refusal: refuse(422, 'INVALID', describe(parsed.error)) }
  return { requests: [parsed.data].flat(), isList }
}

/** The first fault, by the name of its field. */
const describe = (error: z.ZodError): string => {
  const [issue] = error.issues
  const inner = issue?.code === 'invalid_union' ? (issue.errors.flat().find(({ path }) => path.length > 1) ?? issue) : issue
  const place = inner?.path.join('.')
  return `${place ? `${place}: ` : ''}${inner?.message ?? 'not a day close'}`
}

const sameTotals = (a: TillTotals | undefined, b: TillTotals): boolean => a !== undefined && sameTillTotals(a, b)

export const createDayCloses = ({ keeper, storeId, deviceId, log }: DayClosesParts) => {
  const inTurn = createTurns()

  const answerFrom = (outcome: DayCloseAnswer['outcome'], { workstationId, businessDay }: DayCloseRequest): DayCloseAnswer | null => {
    const close = keeper.books.days.get(businessDay)?.close
    const stated = close?.statement.workstations.find((one) => one.workstationId === workstationId)
    if (!close || !stated) return null
    const recordId = recordIdOf({ deviceId, incarnation: keeper.incarnation(), seq: close.seq })
    return { outcome, recordId, workstationId, businessDay, differences: stated.differences }
  }

  const isKnown = ({ workstationId, businessDay, totals }: DayCloseRequest): boolean => {
    const book = keeper.books.days.get(businessDay)
    const closed = book?.close?.statement.workstations.find((one) => one.workstationId === workstationId)
    return sameTotals(closed?.tillTotals, totals) && sameTotals(book?.workstations.get(workstationId)?.tillTotals, totals)
  }

  const closeDay = async (businessDay: BusinessDay, requests: readonly DayCloseRequest[]): Promise<Answered[] | 'pruned'> => {
    await keeper.caughtUp()
    const fresh = requests.filter((request) => !isKnown(request))
    const given = new Map<WorkstationId, TillTotals>(fresh.map(({ workstationId, totals }) => [workstationId, totals]))
    const closed = fresh.length > 0 ? await keeper.closeDay(businessDay, given) : null
    if (closed?.outcome === 'pruned') return 'pruned'
    return requests.flatMap((request) => {
      const isFresh = fresh.includes(request)
      const answer = answerFrom(isFresh ? 'closed' : 'duplicate', request)
      return answer ? [{ status: isFresh ? 201 : 200, answer }] : []
    })
  }

  const take = async ({ requests, isList }: { requests: DayCloseRequest[]; isList: boolean }): Promise<Answer> => {
    const answers = new Map<DayCloseRequest, Answered>()
    for (const businessDay of new Set(requests.map((request) => request.businessDay))) {
      const ofDay = requests.filter((request) => request.businessDay === businessDay)
      const answered = await inTurn(businessDay, () => closeDay(businessDay, ofDay))
      if (answered === 'pruned')
        return refuse(422, 'INVALID', `the business day ${businessDay} is older than what the journal still holds whole`)
      for (const [index, request] of ofDay.entries()) if (answered[index]) answers.set(request, answered[index])
    }
    const results = requests.flatMap((request) => answers.get(request) ?? [])
    const [only] = results
    return isList || !only ? { status: 207, body: { results } } : { status: only.status, body: only.answer }
  }

  /** `onlyFor`: the till that the token is good for, where it is a till's. */
  return async (bytes: Uint8Array, onlyFor?: WorkstationId): Promise<Answer> => {
    const body = readBody(bytes)
    if ('refusal' in body) return body.refusal
    const { requests } = body
    const stranger = requests.find((request) => request.storeId !== undefined && request.storeId !== storeId)
    if (stranger) return refuse(422, 'WRONG_STORE', `this agent is store ${storeId}, not ${stranger.storeId}; nothing was recorded`)
    const foreign = onlyFor === undefined ? undefined : requests.find(({ workstationId }) => workstationId !== onlyFor)
    if (foreign) return refuse(403, 'WRONG_WORKSTATION', `this token is not for workstation ${foreign.workstationId}; nothing was recorded`)
    try {
      return await take(body)
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error
      log.error(`cannot write: ${error.message}`)
      return refuse(503, 'CANNOT_WRITE', `the journal cannot be written: ${error.message}; try again`, { 'retry-after': '5' })
    }
  }
}
