/** The store's PLU files as a till reads them: only what it needs of each entry. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unitSchema } from '#sync/contract/transaction.ts'
import { z } from 'zod'
import type { ShelfItem } from './till-sale.ts'

const entrySchema = z.object({
  itemId: z.string(),
  name: z.string(),
  barcodes: z.array(z.string()),
  unit: unitSchema,
  taxCode: z.string(),
  taxRateMicro: z.int(),
  priceMinor: z.int(),
})
type PluFileEntry = z.infer<typeof entrySchema>

/** `lastDelta`: the newest delta that the full file contains already. */
const fullSchema = z.object({ lastDelta: z.int(), entries: z.array(entrySchema) })
const deltaSchema = z.object({ number: z.int(), changed: z.array(entrySchema) })

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

/** What the delta files after number `after` have changed, oldest first. */
export const readDeltaFiles = async (pluDir: string, after = 0): Promise<PluFileEntry[]> => {
  const names = (await readdir(pluDir)).filter((name) => /^delta-\d+\.json$/.test(name)).sort()
  const files = await Promise.all(names.map(async (name) => deltaSchema.parse(await readJson(join(pluDir, name)))))
  return files.filter(({ number }) => number > after).flatMap(({ changed }) => changed)
}

/** What a till sells: the full file with the later deltas on top. Throws while there is no full file yet. */
export const readShelf = async (pluDir: string): Promise<ShelfItem[]> => {
  const full = fullSchema.parse(await readJson(join(pluDir, 'full.json')))
  const newest = new Map([...full.entries, ...(await readDeltaFiles(pluDir, full.lastDelta))].map((entry) => [entry.itemId, entry]))
  return [...newest.values()].map(({ barcodes, ...entry }) => ({ ...entry, barcode: barcodes[0] ?? entry.itemId }))
}
