/**
 * States a price for a zone or a store, corrects it, withdraws it. A price is never changed: a correction is its next version, and what was
 * stated before is kept with who and why. All stores that it concerns are told in the same transaction.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import { toMs } from '#sync/core/instant.ts'
import { isStorePrice } from '#sync/core/override-prices.ts'
import type { Tables } from '../storage/tables.ts'
import { reportExceptions } from '../exception/exception.ts'
import type { AtStores } from './held-prices.ts'
import { holdPrice, voidHeld } from './held-store.ts'
import { readPlaceFacts } from './place-facts.ts'
import { defaultJumpFactor, doubtOf } from './price-doubt.ts'
import { clockNow, madePrefix, replanPrices } from './replan.ts'
import { lockCatalogue } from './rows.ts'

type Trx = Transaction<Tables>

export interface PriceStatement {
  priceId: string
  level: 'zone' | 'store'
  /** The zone's or the store's id. */
  place: string
  itemId: string
  amountMinor: number
  currency: string
  effectiveFrom: Instant
  effectiveTo?: Instant | undefined
}

export interface Authorship {
  by: string
  why: string
}

type RefusalCode = Extract<ErrorCode, 'NOT_FOUND' | 'INVALID' | 'WRONG_CURRENCY'>
export interface PriceRefusal {
  outcome: 'refused'
  code: RefusalCode
  message: string
}

export type StateOutcome =
  | { outcome: 'created'; stores: number }
  /** The same priceId with the same content came before. */
  | { outcome: 'known' }
  /** The priceId is taken by another price. */
  | { outcome: 'conflict' }
  | Held
  | PriceRefusal

/** It waits for a person, and the stores keep what they had. */
export interface Held {
  outcome: 'held'
  heldId: number
  message: string
}

/** How doubtful a price may be; confirmed: a person has said that it is meant. */
export interface Caution {
  jumpFactor?: number | undefined
  isConfirmed?: boolean
}

const refused = (code: RefusalCode, message: string): PriceRefusal => ({ outcome: 'refused', code, message })

export const statePrice = (
  db: Kysely<Tables>,
  statement: PriceStatement,
  author: Authorship,
  caution: Caution = {},
): Promise<StateOutcome> =>
  db.transaction().execute(async (trx) => {
    await lockCatalogue(trx)
    return statePriceIn(trx, statement, author, caution)
  })

/** In the caller's transaction, which holds the catalogue's lock. */
export const statePriceIn = async (
  trx: Trx,
  statement: PriceStatement,
  author: Authorship,
  caution: Caution = {},
): Promise<StateOutcome> => {
  const noted = await notePrice(trx, statement, author, caution)
  if (noted.outcome !== 'created') return noted
  const { stores } = await replanPrices(trx, [statement.itemId], priceStores(statement), noted.now, statement.priceId)
  return { outcome: 'created', stores }
}

/** Without telling the stores: whoever notes many tells them once. */
export const notePrice = async (
  trx: Trx,
  statement: PriceStatement,
  author: Authorship,
  caution: Caution,
): Promise<Exclude<StateOutcome, { outcome: 'created' }> | { outcome: 'created'; now: Date }> => {
  const flaw = flawOf(statement)
  if (flaw) return refused('INVALID', flaw)
  const facts = await readPlaceFacts(trx, statement)
  if (facts.taken) return { outcome: facts.taken.isSame ? 'known' : 'conflict' }
  const { level, place, itemId, currency } = statement
  if (facts.currency === null) return refused('NOT_FOUND', `There is no ${level} ${place}.`)
  if (facts.currency !== currency)
    return refused('WRONG_CURRENCY', `${level === 'store' ? 'Store' : 'Zone'} ${place} sells in ${facts.currency}.`)
  if (!facts.hasItem) return refused('NOT_FOUND', `There is no item ${itemId}.`)
  if (facts.rival !== null)
    return refused(
      'INVALID',
      `The price ${facts.rival} of ${itemId} begins at the same moment for the same ${level}: two prices in force at once. Correct or withdraw that one.`,
    )
  const before = { ...facts, before: facts.before?.amountMinor }
  const held = await holdDoubtful(trx, statement, before, { do: 'state', statement, ...author }, caution)
  if (held) return held
  await insertVersion(trx, statement, 1, author)
  return { outcome: 'created', now: facts.now }
}

export const priceStores = ({ level, place }: Pick<PriceStatement, 'level' | 'place'>): AtStores =>
  level === 'zone' ? { zoneId: place } : { storeIds: [place] }

const flawOf = ({ priceId, effectiveFrom, effectiveTo }: PriceStatement): string | null => {
  if (priceId.startsWith('erp:')) return 'Price ids beginning with "erp:" are the ERP\'s.'
  if (isStorePrice(priceId)) return 'Price ids beginning with "~store:" are the stores\'.'
  if (priceId.startsWith(madePrefix)) return `Price ids beginning with "${madePrefix}" are the hub's.`
  return effectiveTo !== undefined && effectiveTo <= effectiveFrom ? 'effectiveTo must be after effectiveFrom.' : null
}

const insertVersion = (trx: Trx, statement: PriceStatement, version: number, { by, why }: Authorship) =>
  trx
    .insertInto('stated_price')
    .values({
      ...{ price_id: statement.priceId, version, level: statement.level, place: statement.place, item_id: statement.itemId },
      ...{ amount_minor: statement.amountMinor, currency: statement.currency, effective_from: new Date(statement.effectiveFrom) },
      effective_to: statement.effectiveTo === undefined ? null : new Date(statement.effectiveTo),
      ...{ source: 'operator', stated_by: by, reason: why, ended_at: null, ended_as: null, ended_by: null, ended_reason: null },
    })
    .execute()

export interface Correction {
  amountMinor: number
  /** Absent: as before. What has begun keeps its beginning. */
  effectiveFrom?: Instant | undefined
  /** Absent: as before; null: without end. */
  effectiveTo?: Instant | null | undefined
}

export type CorrectOutcome =
  | { outcome: 'corrected'; version: number; stores: number }
  /** It is so already. */
  | { outcome: 'unchanged'; version: number }
  | Held
  | PriceRefusal

export const correctPrice = (
  db: Kysely<Tables>,
  priceId: string,
  correction: Correction,
  author: Authorship,
  caution: Caution = {},
): Promise<CorrectOutcome> =>
  db.transaction().execute(async (trx): Promise<CorrectOutcome> => {
    await lockCatalogue(trx)
    return correctPriceIn(trx, priceId, correction, author, caution)
  })

export const correctPriceIn = async (
  trx: Trx,
  priceId: string,
  correction: Correction,
  author: Authorship,
  caution: Caution = {},
): Promise<CorrectOutcome> => {
  const before = await newestVersion(trx, priceId)
  if (!before || before.source !== 'operator') return refused('NOT_FOUND', `There is no price ${priceId} that was set here.`)
  if (before.ended_at !== null) return refused('INVALID', `The price ${priceId} was withdrawn.`)
  const now = await clockNow(trx)
  const statement = correctedStatement(before, correction)
  const hasBegun = before.effective_from <= now
  if (hasBegun && toMs(statement.effectiveFrom) !== before.effective_from.getTime())
    return refused('INVALID', `The price ${priceId} has begun: only its amount and its end can be corrected.`)
  const flaw = flawOf(statement)
  if (flaw) return refused('INVALID', flaw)
  const facts = await readPlaceFacts(trx, statement)
  if (facts.taken?.isSame) return { outcome: 'unchanged', version: before.version }
  if (facts.rival !== null) return refused('INVALID', `The price ${facts.rival} begins at the same moment for the same ${statement.level}.`)
  // An amount that was confirmed once is not asked about again when only its dates change.
  const old = statement.amountMinor === before.amount_minor ? before.amount_minor : (facts.before?.amountMinor ?? before.amount_minor)
  const held = await holdDoubtful(trx, statement, { ...facts, before: old }, { do: 'correct', priceId, correction, ...author }, caution)
  if (held) return held
  const version = before.version + 1
  await endVersion(trx, priceId, before.version, 'corrected', author)
  await insertVersion(trx, statement, version, author)
  const { stores } = await replanPrices(trx, [statement.itemId], priceStores(statement), now)
  return { outcome: 'corrected', version, stores }
}

export type HeldChange = Authorship &
  ({ do: 'state'; statement: PriceStatement } | { do: 'correct'; priceId: string; correction: Correction })

/** Whatever comes for a price takes the place of what was held for it. */
const holdDoubtful = async (
  trx: Trx,
  statement: PriceStatement,
  { before, isHeld }: { before: number | undefined; isHeld: boolean },
  change: HeldChange,
  { jumpFactor = defaultJumpFactor, isConfirmed = false }: Caution,
): Promise<Held | null> => {
  const doubt = isConfirmed ? null : doubtOf(statement.amountMinor, before, statement.currency, jumpFactor)
  const { priceId, itemId, level, place } = statement
  if (!doubt) {
    if (isHeld && !isConfirmed) await voidHeld(trx, priceId)
    return null
  }
  const message = `The price ${priceId} of ${itemId} for ${level} ${place} ${doubt.words}.`
  const exceptionId = `catalogue-held:${priceId}`
  const content = JSON.stringify(change)
  const heldId = await holdPrice(trx, { origin: 'operator', itemId, about: priceId, content, kind: doubt.kind, message, exceptionId })
  const storeId = level === 'store' ? place : null
  const words = `${message} It waits until somebody confirms it; the stores keep what they had.`
  const { amountMinor, currency } = statement
  await reportExceptions(trx, [{ exceptionId, kind: doubt.kind, storeId, itemId, message: words, amountMinor, currency }])
  return { outcome: 'held', heldId, message: words }
}

const correctedStatement = (before: StatedRow, { amountMinor, effectiveFrom, effectiveTo }: Correction): PriceStatement => {
  const kept = before.effective_to === null ? undefined : (before.effective_to.toISOString() as Instant)
  return {
    ...{ priceId: before.price_id, level: before.level === 'zone' ? 'zone' : 'store', place: before.place, itemId: before.item_id },
    ...{ amountMinor, currency: before.currency, effectiveFrom: effectiveFrom ?? (before.effective_from.toISOString() as Instant) },
    effectiveTo: effectiveTo === undefined ? kept : (effectiveTo ?? undefined),
  }
}

export type WithdrawOutcome = { outcome: 'withdrawn'; stores: number } | { outcome: 'unchanged' } | PriceRefusal

/** Before it began it never will; afterwards it ends now. */
export const withdrawPrice = (db: Kysely<Tables>, priceId: string, author: Authorship): Promise<WithdrawOutcome> =>
  db.transaction().execute(async (trx): Promise<WithdrawOutcome> => {
    await lockCatalogue(trx)
    const before = await newestVersion(trx, priceId)
    if (!before || before.source !== 'operator') return refused('NOT_FOUND', `There is no price ${priceId} that was set here.`)
    if (before.ended_at !== null) return { outcome: 'unchanged' }
    await endVersion(trx, priceId, before.version, 'withdrawn', author)
    await voidHeld(trx, priceId)
    const place = { level: before.level === 'zone' ? ('zone' as const) : ('store' as const), place: before.place }
    const { stores } = await replanPrices(trx, [before.item_id], priceStores(place), await clockNow(trx))
    return { outcome: 'withdrawn', stores }
  })

type StatedRow = NonNullable<Awaited<ReturnType<typeof newestVersion>>>

const newestVersion = (trx: Trx, priceId: string) =>
  trx.selectFrom('stated_price').selectAll().where('price_id', '=', priceId).orderBy('version', 'desc').limit(1).executeTakeFirst()

const endVersion = (trx: Trx, priceId: string, version: number, endedAs: 'corrected' | 'withdrawn', { by, why }: Authorship) =>
  trx
    .updateTable('stated_price')
    .set({ ended_at: sql<Date>`clock_timestamp()`, ended_as: endedAs, ended_by: by, ended_reason: why })
    .where('price_id', '=', priceId)
    .where('version', '=', version)
    .execute()
