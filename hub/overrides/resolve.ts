/** A person's decision on what the rules left to one [MRG44]: made once, and both sides stay as they were. */
import type { Transaction } from 'kysely'
import { lockCatalogue } from '../catalogue/rows.ts'
import { shareProjection } from '../merge/advance.ts'
import { placeCorrections } from '../stock/count-conflicts.ts'
import { lockStock, settleCounts } from '../stock/balance.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { tellStore } from './override-projection.ts'
import { type Decision, decideRuling, readRuling, type RulingRow } from './rulings.ts'
import { priceCentreSideSchema, stockCentreSideSchema } from './sides.ts'
import { withdrawStorePrice } from './store-prices.ts'

type Trx = Transaction<Tables>

export type Resolved =
  | { outcome: 'decided' }
  /** Decided in the same way before. */
  | { outcome: 'known' }
  | { outcome: 'unknown' }
  | { outcome: 'refused'; message: string }

export const resolveOverride = (db: Database, rulingId: string, decision: Decision): Promise<Resolved> =>
  retryContention(() =>
    db.transaction().execute(async (trx): Promise<Resolved> => {
      const ruling = await readRuling(trx, rulingId)
      if (!ruling) return { outcome: 'unknown' }
      await (ruling.field === 'price' ? lockCatalogue(trx) : lockLedger(trx, ruling.store_id))
      if (!(await decideRuling(trx, rulingId, decision))) return alreadyRuled(await readRuling(trx, rulingId), decision)
      await (ruling.field === 'price' ? followPrice(trx, ruling, decision) : followStock(trx, ruling))
      return { outcome: 'decided' }
    }),
  )

const alreadyRuled = (ruling: RulingRow | undefined, { winner }: Decision): Resolved => {
  if (ruling?.decided_winner === winner) return { outcome: 'known' }
  const who = ruling?.decided_winner ?? ruling?.winner
  const how = ruling?.decided_winner ? 'decided before' : 'ruled when it arrived'
  return { outcome: 'refused', message: `This was ${how}: the ${who} wins. Set another price, or book another correction.` }
}

const followPrice = async (trx: Trx, ruling: RulingRow, decision: Decision): Promise<void> => {
  const { ruling_id: key, store_id: storeId } = ruling
  if (decision.winner === 'centre') await withdrawStorePrice(trx, key, storeId)
  await tellStore(trx, storeId, key, decision, priceCentreSideSchema.parse(JSON.parse(ruling.centre_side)))
}

/** As the projection locks them: the ledger is derived anew. */
const lockLedger = async (trx: Trx, storeId: string): Promise<void> => {
  await shareProjection(trx, 'stock')
  await lockStock(trx, [storeId], 'alone')
}

const followStock = async (trx: Trx, ruling: RulingRow): Promise<void> => {
  const { naturalKey } = stockCentreSideSchema.parse(JSON.parse(ruling.centre_side))
  await placeCorrections(trx, [naturalKey])
  await settleCounts(trx, ruling.store_id, [naturalKey])
}
