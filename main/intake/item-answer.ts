/** Price look-up for tills. It asks the local database through the engine, and never waits for it longer than a customer would. */
import type { PluEntry } from '#sync/contract/ipc.ts'
import { barcodeSchema } from '#sync/contract/vocabulary.ts'
import type { ItemLookup } from '#sync/core/ports.ts'
import { type Answer, refuse } from './answers.ts'
import type { ItemAnswer } from './http-contract.ts'

export const answerItem = async (items: ItemLookup, encoded: string, timeoutMs: number): Promise<Answer> => {
  const barcode = decodeBarcode(encoded)
  if (barcode === null) return refuse(404, 'NOT_FOUND', 'this is not a barcode')
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), timeoutMs)))
  try {
    const found = await Promise.race([items.lookup(barcode), late])
    if (found === 'late') return notReady('the local database did not answer in time')
    return found ? { status: 200, body: itemAnswer(barcode, found) } : refuse(404, 'NOT_FOUND', `no item with the barcode ${barcode}`)
  } catch {
    return notReady('the local database is starting')
  } finally {
    clearTimeout(timer)
  }
}

const notReady = (message: string): Answer => refuse(503, 'NOT_READY', message, { 'retry-after': '1' })

const decodeBarcode = (encoded: string): string | null => {
  try {
    const parsed = barcodeSchema.safeParse(decodeURIComponent(encoded))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

const itemAnswer = (barcode: string, { item, price, next }: PluEntry): ItemAnswer => ({
  barcode,
  itemId: item.itemId,
  name: item.name,
  unit: item.unit,
  priceMinor: price.amountMinor,
  currency: price.currency,
  effectiveFrom: price.effectiveFrom,
  ...(next ? { next: { priceMinor: next.amountMinor, effectiveFrom: next.effectiveFrom } } : {}),
})
