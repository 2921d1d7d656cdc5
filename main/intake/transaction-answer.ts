/**
 * A till's POST of transactions. It is answered after its records are durable; every other answer than 200, 201, 207 and 409 leaves the
 * sale with the till. A till on the network hands over its own transactions alone: with one of another workstation nothing is recorded.
 */
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Capture } from '../capture.ts'
import { CannotWrite, JournalBusy } from '../journal/journal.ts'
import { type Answer, answerResults, refuse } from './answers.ts'
import { readCallBody } from './call-body.ts'
import type { Call, Caller } from './routes.ts'

export const answerTransactions =
  (capture: Capture, maxBodyBytes: number, log: AgentLog) =>
  async (call: Call): Promise<Answer> => {
    const { request, caller } = call
    const sent = await readCallBody(call, maxBodyBytes)
    if (sent.outcome === 'refused') return sent.answer
    const contentType = request.headers['content-type']
    const input = { bytes: sent.bytes, source: sourceOf(caller), tap: 'http', ...(contentType === undefined ? {} : { contentType }) }
    try {
      const items = await capture.read(input)
      const foreign =
        caller?.kind === 'till' ? items.map(workstationOf).find((id) => id !== undefined && id !== caller.workstationId) : undefined
      if (foreign !== undefined)
        return refuse(403, 'WRONG_WORKSTATION', `this token is not for workstation ${foreign}; nothing of the body was recorded`)
      return answerResults(await capture.takeItems(items, input))
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error
      if (error instanceof JournalBusy)
        return refuse(503, 'CANNOT_WRITE', `${error.message}; keep the sale and try again`, { 'retry-after': '1' })
      log.error(`cannot write: ${error.message}`)
      const message = `the journal cannot be written: ${error.message}; keep the sale and try again`
      return refuse(503, 'CANNOT_WRITE', message, { 'retry-after': '5' })
    }
  }

const sourceOf = (caller: Caller | null): string => (caller?.kind === 'till' ? `http workstation ${caller.workstationId}` : 'http')

/** What is not understood counts by the number that it bears, where that much could be read. */
const workstationOf = (item: CapturedItem): string | undefined =>
  item.outcome === 'transaction' ? item.transaction.workstationId : item.claimed?.workstationId
