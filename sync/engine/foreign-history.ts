/**
 * What to do once somebody holds another history under this journal's numbers: its disk was restored or copied, and under the same
 * incarnation nothing could ever be sent again. The journal's keeper is asked for a new one; it decides, and refuses to do so for ever.
 */
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { Reincarnation } from '#sync/contract/ipc.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import { reasonOf, type EngineLog } from './log.ts'

export type Reincarnate = (incarnation: Incarnation, reason: string) => Promise<Reincarnation>

export interface ForeignHistory {
  /** Any refusal may be told; one question at a time, and none after a new life has begun. */
  refused(code: ErrorCode, reason: string): void
}

export const watchForeignHistory = (incarnation: Incarnation, reincarnate: Reincarnate | undefined, log: EngineLog): ForeignHistory => {
  let settled = reincarnate === undefined

  const ask = async (reason: string): Promise<void> => {
    settled = true
    try {
      const answer = await reincarnate?.(incarnation, reason)
      if (answer?.outcome === 'begun')
        return log('warn', 'the journal goes on under a new incarnation', { incarnation: answer.incarnation, reason })
      log('error', 'the journal gets no new incarnation; nothing is sent', { reason, message: answer?.message })
    } catch (error) {
      log('error', 'the journal could not be asked for a new incarnation', { reason: reasonOf(error) })
    }
    settled = false
  }
  return {
    refused: (code, reason) => {
      if (code === 'JOURNAL_BEHIND' && !settled) void ask(reason)
    },
  }
}
