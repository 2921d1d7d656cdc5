/** Makes the signed statement of a day, as the books and the journal's head have it at one moment. */
import { type DayCloseStatement, type DayClosePayload, dayCloseText } from '#sync/contract/day-close.ts'
import type { Identity } from '#sync/contract/config.ts'
import type { JournalHead } from '#sync/contract/ipc.ts'
import type { TillTotals } from '#sync/contract/transaction.ts'
import type { BusinessDay, Instant, Sha256, WorkstationId } from '#sync/contract/vocabulary.ts'
import { closeDifferences } from '#sync/core/day-close.ts'
import { noTotals, statedTotals } from '#sync/core/day-totals.ts'
import type { JournalEntry } from '../journal/journal.ts'
import type { Books } from './books.ts'

/** The device's key, as the vault holds it. */
export interface DeviceSigner {
  /** SPKI DER, base64url. */
  readonly publicKey: string
  /** Ed25519 over the UTF-8 text, base64url. */
  sign(text: string): string
}

export interface ClosingMoment {
  head: JournalHead
  closedAt: Instant
  /** Hash that the day's first record follows. */
  previousHash: Sha256
}

/** Till totals that no record holds yet. */
export type GivenTotals = ReadonlyMap<WorkstationId, TillTotals>

const noLedger: DayCloseStatement['workstations'][number]['ledger'] = {
  seen: 0,
  explained: { suspended: 0, cancelled: 0, training: 0, quarantined: 0 },
  rolledOver: [],
  missing: [],
}

const inOrder = (ids: Iterable<WorkstationId>): WorkstationId[] => [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1))

export const stateDay = (
  books: Books,
  businessDay: BusinessDay,
  given: GivenTotals,
  { head, closedAt, previousHash }: ClosingMoment,
  identity: Pick<Identity, 'storeId' | 'deviceId' | 'currency'>,
  publicKey: string,
): DayCloseStatement => {
  const book = books.days.get(businessDay)
  const workstations = inOrder([...(book?.workstations.keys() ?? []), ...given.keys()]).map((workstationId) => {
    const day = book?.workstations.get(workstationId)
    const totals = day?.totals ?? noTotals
    const tillTotals = given.get(workstationId) ?? day?.tillTotals
    return {
      workstationId,
      ledger: books.ledgerOf(businessDay, workstationId) ?? noLedger,
      totals: statedTotals(totals),
      ...(tillTotals ? { tillTotals } : {}),
      differences: tillTotals ? closeDifferences(tillTotals, totals) : [],
    }
  })
  return {
    format: 'tideline-day-close/1',
    ...{ storeId: identity.storeId, deviceId: identity.deviceId, publicKey, businessDay, currency: identity.currency, closedAt },
    chain: {
      ...{ incarnation: head.incarnation, firstSeq: book?.firstSeq ?? head.seq + 1, previousHash },
      ...{ headSeq: head.seq, headHash: head.hash },
    },
    workstations,
  }
}

export const closeEntry = (statement: DayCloseStatement, signer: DeviceSigner): JournalEntry => {
  const text = JSON.stringify(statement)
  const payload: DayClosePayload = { statement: text, signature: signer.sign(dayCloseText(text)) }
  return { kind: 'day-close', payloadText: JSON.stringify(payload) }
}
