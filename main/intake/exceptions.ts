/** What a person must look at, and how complete a day is: read only, from the store's books. */
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import type { Keeper } from '../completeness/keeper.ts'
import { exceptionCount, newestExceptions } from '../completeness/view.ts'
import { type Answer, refuse } from './answers.ts'
import type { DayAnswer, ExceptionsAnswer } from './http-contract.ts'

/** Open ones, newest first. */
export const answerExceptions = async (keeper: Keeper): Promise<Answer> => {
  await keeper.caughtUp()
  const body: ExceptionsAnswer = { count: exceptionCount(keeper.books), exceptions: newestExceptions(keeper.books) }
  return { status: 200, body }
}

export const answerDay = async (keeper: Keeper, encoded: string): Promise<Answer> => {
  const businessDay = businessDaySchema.safeParse(encoded)
  if (!businessDay.success) return refuse(404, 'NOT_FOUND', 'a business day is written like 2026-01-31')
  await keeper.caughtUp()
  const body: DayAnswer | undefined = keeper.day(businessDay.data)
  return body ? { status: 200, body } : refuse(404, 'NOT_FOUND', `the journal holds no whole business day ${businessDay.data}`)
}
