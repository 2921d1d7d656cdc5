/** The journal's side of recovery and acknowledgement in memory: it takes back each lost record once, where it is the one that was lost. */
import type { MissingRecords } from '#sync/contract/ipc.ts'
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { JournalKeeper, RecordSource } from '#sync/core/ports.ts'
import type { MemoryJournal } from './records.ts'

export class MemoryKeeper implements JournalKeeper {
  readonly told: { incarnation: Incarnation; ackedSeq: number }[] = []
  /** What came back, by the numbers it was lost under. */
  readonly restored: { source: RecordSource; seq: number }[] = []
  readonly refused: { source: RecordSource; seq: number }[] = []
  /** Answers that get lost after the work was done. */
  lostAnswers = 0
  readonly #lost: TidelineRecord[] = []
  readonly #present: () => MemoryJournal

  constructor(present: () => MemoryJournal) {
    this.#present = present
  }

  /** Ascending, of one incarnation. */
  lose(records: readonly TidelineRecord[]): void {
    this.#lost.push(...records)
  }

  acknowledged(incarnation: Incarnation, ackedSeq: number): Promise<void> {
    this.told.push({ incarnation, ackedSeq })
    return Promise.resolve()
  }

  missing(): Promise<MissingRecords[]> {
    const ranges: MissingRecords[] = []
    for (const { incarnation, seq } of this.#lost) {
      const last = ranges.at(-1)
      if (last?.incarnation === incarnation && last.toSeq === seq - 1) last.toSeq = seq
      else ranges.push({ incarnation, fromSeq: seq, toSeq: seq })
    }
    return Promise.resolve(ranges)
  }

  restore(source: RecordSource, records: readonly TidelineRecord[]): Promise<{ restored: number; refused: number }> {
    const before = { restored: this.restored.length, refused: this.refused.length }
    for (const record of records) {
      const at = this.#lost.findIndex((lost) => lost.payload === record.payload && chainText(lost) === chainText(record))
      ;(at < 0 ? this.refused : this.restored).push({ source, seq: record.seq })
      if (at < 0) continue
      this.#lost.splice(at, 1)
      this.#present().append(record.payload, record.kind)
    }
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1
      return Promise.reject(new Error('main is away'))
    }
    return Promise.resolve({ restored: this.restored.length - before.restored, refused: this.refused.length - before.refused })
  }
}
