/** Tells the journal how far the hub has it: at the start, and at most every `intervalMs` after the stored watermark moved. */
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { Clock, JournalKeeper } from '#sync/core/ports.ts'
import { coalesce } from './coalesce.ts'
import { reasonOf, type EngineLog } from './log.ts'

const intervalMs = 1_000

export interface AcknowledgementReportPorts {
  keeper: JournalKeeper
  clock: Clock
  log: EngineLog
  incarnation: Incarnation
  ackedSeq(): number
}

export interface AcknowledgementReport {
  start(): void
  changed(): void
  close(): Promise<void>
}

export const createAcknowledgementReport = ({
  keeper,
  clock,
  log,
  incarnation,
  ackedSeq,
}: AcknowledgementReportPorts): AcknowledgementReport => {
  let toldSeq: number | null = null
  let cancelTimer: (() => void) | null = null

  const tell = async (): Promise<void> => {
    const seq = ackedSeq()
    if (seq === toldSeq) return
    await keeper.acknowledged(incarnation, seq)
    toldSeq = seq
  }
  const telling = coalesce(clock, tell, (error) =>
    log('warn', 'the journal could not be told how far the hub has it; trying again', { reason: reasonOf(error) }),
  )
  const changed = (): void => {
    cancelTimer ??= clock.after(intervalMs, () => {
      cancelTimer = null
      void telling.run()
    })
  }
  const close = async (): Promise<void> => {
    cancelTimer?.()
    cancelTimer = () => undefined
    await telling.close()
  }
  return { start: () => void telling.run(), changed, close }
}
