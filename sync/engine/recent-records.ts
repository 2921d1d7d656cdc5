/** The newest transactions and quarantined inputs, parsed and in memory for the manager's window; filled from RxDB at start. */
import { conflictPayloadSchema, quarantinePayloadSchema, transactionPayloadSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { viewBounds, type CapturedQuarantine, type CapturedTransaction } from '#sync/core/manager-view.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { RecordDoc } from '#sync/store/schemas.ts'

/** More than is shown: days may overlap at closing time. */
const keptTransactions = 2 * viewBounds.transactions

const shown: ReadonlySet<TidelineRecord['kind']> = new Set(['transaction', 'conflict', 'quarantine'])

const isNeverShown = (kind: TidelineRecord['kind']): boolean => !shown.has(kind)

const readPayload = (record: TidelineRecord): CapturedTransaction | CapturedQuarantine | null => {
  if (isNeverShown(record.kind)) return null
  const payload: unknown = JSON.parse(record.payload)
  if (record.kind === 'quarantine') {
    const parsed = quarantinePayloadSchema.safeParse(payload)
    return parsed.success ? { record, quarantine: parsed.data } : null
  }
  const parsed =
    record.kind === 'conflict'
      ? conflictPayloadSchema.transform((c) => c.transaction).safeParse(payload)
      : transactionPayloadSchema.safeParse(payload)
  return parsed.success ? { record, transaction: parsed.data } : null
}

/** The newest of each sort that can still be shown. */
const keepNewest = (docs: readonly RecordDoc[]): RecordDoc[] => {
  const firstShown = Math.max(0, docs.length - keptTransactions)
  const quarantined = docs.slice(0, firstShown).filter((d) => d.kind === 'quarantine')
  return [...quarantined.slice(-viewBounds.quarantine), ...docs.slice(firstShown)]
}

/** Parsed when somebody looks: while a copy is being filled, page after page replaces what nobody has seen. */
export class RecentRecords {
  #transactions: CapturedTransaction[] = []
  #quarantine: CapturedQuarantine[] = []
  /** Ascending. */
  #unread: RecordDoc[] = []

  /** Newest first. */
  get transactions(): readonly CapturedTransaction[] {
    this.#read()
    return this.#transactions
  }

  /** Newest first. */
  get quarantine(): readonly CapturedQuarantine[] {
    this.#read()
    return this.#quarantine
  }

  async load(store: Store, incarnation: string, headSeq: number): Promise<void> {
    const fromSeq = Math.max(1, headSeq - keptTransactions + 1)
    const tail = headSeq === 0 ? [] : await store.records.range(incarnation, fromSeq, headSeq - fromSeq + 1)
    this.add(tail)
    this.#read()
    const quarantine = (await store.records.newestOfKind(incarnation, 'quarantine', viewBounds.quarantine)).map((d) =>
      readPayload(d.record),
    )
    this.#quarantine = quarantine.filter((q) => q !== null && 'quarantine' in q)
  }

  /** `docs` ascending, following what was added before. */
  add(docs: readonly RecordDoc[]): void {
    this.#unread = keepNewest([...this.#unread, ...docs])
  }

  #read(): void {
    if (this.#unread.length === 0) return
    const descending = this.#unread.toReversed().flatMap((d) => readPayload(d.record) ?? [])
    this.#unread = []
    this.#transactions = [...descending.filter((r) => 'transaction' in r), ...this.#transactions].slice(0, keptTransactions)
    this.#quarantine = [...descending.filter((r) => 'quarantine' in r), ...this.#quarantine].slice(0, viewBounds.quarantine)
  }
}
