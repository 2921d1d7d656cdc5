/** A person says of a held price that it is meant, or that it is not. Accepted it takes effect in the same transaction. */
import type { Kysely, Transaction } from 'kysely'
import { z } from 'zod'
import { resolveExceptions } from '../exception/exception.ts'
import type { Tables } from '../storage/tables.ts'
import { spreadErpPrices, spreadListings } from './erp-spread.ts'
import { decide } from './held-store.ts'
import { lockCatalogue } from './rows.ts'
import { type Authorship, correctPriceIn, type HeldChange, type PriceRefusal, statePriceIn } from './state-price.ts'

type Trx = Transaction<Tables>

export type Decision =
  | { outcome: 'accepted' | 'rejected' }
  /** It was decided, or void, before. */
  | { outcome: 'decided'; state: string }
  | { outcome: 'unknown' }
  | PriceRefusal

const erpContentSchema = z.object({ amountMinor: z.int(), currency: z.string(), listed: z.boolean() })

export const decideHeld = (db: Kysely<Tables>, heldId: number, accept: boolean, author: Authorship): Promise<Decision> =>
  db.transaction().execute(async (trx): Promise<Decision> => {
    await lockCatalogue(trx)
    const held = await trx.selectFrom('held_price').selectAll().where('held_id', '=', heldId).executeTakeFirst()
    if (!held) return { outcome: 'unknown' }
    const outcome = accept ? 'accepted' : 'rejected'
    if (held.state === outcome) return { outcome }
    if (held.state !== 'open') return { outcome: 'decided', state: held.state }
    const refusal = !accept
      ? null
      : held.origin === 'erp'
        ? await acceptErp(trx, held.item_id, held.content)
        : await acceptStated(trx, held.content)
    if (refusal) return refusal
    await decide(trx, [heldId], outcome, author)
    await resolveExceptions(trx, [held.exception_id])
    return { outcome }
  })

const acceptErp = async (trx: Trx, itemId: string, content: string): Promise<null> => {
  const { listed, ...price } = erpContentSchema.parse(JSON.parse(content))
  await spreadErpPrices(trx, [{ itemId, ...price }])
  // An item that never had a sound price was not listed for that alone.
  await spreadListings(trx, [{ itemId, listed }])
  return null
}

/** As it was asked for then, by whoever asked; where it does not fit any more it is refused and stays held. */
const acceptStated = async (trx: Trx, content: string): Promise<PriceRefusal | null> => {
  const { by, why, ...change } = JSON.parse(content) as HeldChange
  const confirmed = { isConfirmed: true }
  const outcome =
    change.do === 'state'
      ? await statePriceIn(trx, change.statement, { by, why }, confirmed)
      : await correctPriceIn(trx, change.priceId, change.correction, { by, why }, confirmed)
  if (outcome.outcome === 'refused') return outcome
  if (outcome.outcome === 'conflict') return { outcome: 'refused', code: 'INVALID', message: 'The priceId is taken by another price.' }
  return null
}

export const readHeldPrices = async (db: Kysely<Tables>, state: string, limit: number) => {
  const rows = await db.selectFrom('held_price').selectAll().where('state', '=', state).orderBy('held_id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    ...{ heldId: row.held_id, origin: row.origin, itemId: row.item_id, kind: row.kind, message: row.message, state: row.state },
    ...{ heldAt: row.held_at.toISOString(), decidedAt: row.decided_at?.toISOString() ?? null },
    ...{ decidedBy: row.decided_by, decidedWhy: row.decided_why },
  }))
}
