/** What a till sells: the PLU file that its store's agent exports, read the way a till reads it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pluFileSchema } from '#main/plu-export.ts'
import type { ShelfItem } from './till-sale.ts'

/** Throws while there is no full file yet. */
export const readShelf = async (pluDir: string): Promise<ShelfItem[]> => {
  const file = pluFileSchema.parse(JSON.parse(await readFile(join(pluDir, 'full.json'), 'utf8')))
  return file.entries.map((entry) => ({
    itemId: entry.itemId,
    barcode: entry.barcodes[0] ?? entry.itemId,
    name: entry.name,
    unit: entry.unit,
    priceMinor: entry.priceMinor,
    taxCode: entry.taxCode,
    taxRateMicro: entry.taxRateMicro,
  }))
}
