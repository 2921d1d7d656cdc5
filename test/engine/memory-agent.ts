/** What main answers of itself, over a journal in memory: the real digests of its days, facts as told, and what the manager was asked. */
import { createBooks } from '#main/completeness/books.ts'
import { digestsThrough } from '#main/completeness/days-through.ts'
import type { DayDigest } from '#sync/contract/comparison.ts'
import type { AgentFacts, AgentSide } from '#sync/core/ports.ts'
import type { MemoryJournal } from './records.ts'

export class MemoryAgent implements AgentSide {
  told: AgentFacts = {
    ...{ platform: 'Linux 6.1 x64', uptimeSeconds: 60, disk: { state: 'roomy', freeBytes: 90_000_000_000 } },
    ...{ openExceptions: 0, missingRecords: 0 },
  }
  readonly requests: { requestId: string; reason: string }[] = []
  readonly #present: () => MemoryJournal

  constructor(present: () => MemoryJournal) {
    this.#present = present
  }

  async days(limit: number, throughSeq: number): Promise<DayDigest[]> {
    const journal = this.#present()
    const books = createBooks()
    for (const record of await journal.read(0, Number.MAX_SAFE_INTEGER)) books.fold(record)
    return digestsThrough(journal, books, throughSeq, limit)
  }

  facts(): Promise<AgentFacts> {
    return Promise.resolve(this.told)
  }

  diagnosticsRequested(requestId: string, reason: string): Promise<void> {
    this.requests.push({ requestId, reason })
    return Promise.resolve()
  }
}
