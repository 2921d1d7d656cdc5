/** What a store may ask or tell beyond its records and feeds, by event name: the gateway is given them. */
import { answerCompareDays } from '../comparison/answer-compare-days.ts'
import { answerCompareFeed } from '../comparison/answer-compare-feed.ts'
import { answerRepair } from '../comparison/answer-repair.ts'
import type { Requests } from '../gateway/request.ts'
import { answerDiagnostics } from './answer-diagnostics.ts'
import { answerReport } from './answer-report.ts'

export const fleetRequests: Requests = {
  report: answerReport,
  compareDays: answerCompareDays,
  compareFeed: answerCompareFeed,
  repair: answerRepair,
  diagnostics: answerDiagnostics,
}
