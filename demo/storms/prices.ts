/** Prices in the story: those the stores opened with, those the centre sets while a store is away, and what of them travels to it. */
import { readDeltaFiles, readShelf } from '../plu-file.ts'
import type { BackOffice } from './back-office.ts'
import type { Centre } from './centre.ts'

/**
 * The ERP's first prices hold from the day the stores opened, not from the minute this story began: only then do they become past.
 * Before a store has read them; false while they are not there yet.
 */
export const setOpeningPrices = async (centre: Centre, storeIds: readonly string[], opened: Date): Promise<boolean> => {
  const rows = await centre.query<{ scope: string; document_id: string; document: string }>(
    `select scope, document_id, document from feed_entry where feed = 'prices' and scope = any($1)`,
    [storeIds],
  )
  if (!storeIds.every((storeId) => rows.some(({ scope }) => scope === storeId))) return false
  const aged = rows.map(({ document, ...row }) => ({
    ...row,
    document: JSON.stringify({ ...(JSON.parse(document) as object), effectiveFrom: opened.toISOString() }),
  }))
  await centre.query(
    `update feed_entry f set document = a.document
     from unnest($1::text[], $2::text[], $3::text[]) as a(scope, document_id, document)
     where f.feed = 'prices' and f.scope = a.scope and f.document_id = a.document_id`,
    [aged.map(({ scope }) => scope), aged.map((row) => row.document_id), aged.map(({ document }) => document)],
  )
  await centre.query(`update price set effective_from = $1 where store_id = any($2)`, [opened, storeIds])
  return true
}

export interface NewPrice {
  itemId: string
  amountMinor: number
}

/** One round of changes; each raises what the item cost in the round before. */
export const setPrices = async (centre: Centre, storeId: string, prices: readonly NewPrice[], from: Date, round: number): Promise<void> => {
  for (const { itemId, amountMinor } of prices)
    await centre.call('POST', '/v1/prices', {
      priceId: `storm:${storeId}:${itemId}:${round}`,
      ...{ storeId, itemId, amountMinor },
      currency: 'EUR',
      effectiveFrom: from.toISOString(),
    })
}

export const priceCheckpoint = async (centre: Centre, storeId: string): Promise<number> => {
  const rows = await centre.query<{ checkpoint: string }>(`select checkpoint from feed_head where feed = 'prices' and scope = $1`, [
    storeId,
  ])
  return Number(rows[0]?.checkpoint ?? 0)
}

/** What a store that stands at `after` is sent: prices, and removals of those that it has and that can never be in force again. */
export const priceEntriesAfter = async (centre: Centre, storeId: string, after: number): Promise<{ prices: number; removals: number }> => {
  const rows = await centre.query<{ prices: string; removals: string }>(
    `select count(*) filter (where not deleted) prices, count(*) filter (where deleted and (document !~ '^[0-9]+$' or document::bigint <= $2)) removals
     from feed_entry where feed = 'prices' and scope = $1 and checkpoint > $2`,
    [storeId, after],
  )
  return { prices: Number(rows[0]?.prices), removals: Number(rows[0]?.removals) }
}

export const lastDelta = async (pc: BackOffice): Promise<number> => (await readDeltaFiles(pc.folders.plu)).length

/** Price changes that tills were told in PLU files behind the first `after` of them. */
export const changesAtTill = async (pc: BackOffice, after: number): Promise<NewPrice[]> =>
  (await readDeltaFiles(pc.folders.plu)).slice(after).map(({ itemId, priceMinor }) => ({ itemId, amountMinor: priceMinor }))

export const pricesOnShelf = async (pc: BackOffice): Promise<NewPrice[]> =>
  (await readShelf(pc.folders.plu)).map(({ itemId, priceMinor }) => ({ itemId, amountMinor: priceMinor }))
