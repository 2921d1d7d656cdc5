/** The stand-in's back door, for demos and tests: counting its books independently, changing prices, changing its temper. */
import { z } from 'zod'
import { amountText, parseAmount } from './amounts.ts'
import type { Temper } from './temper.ts'

const documentsSchema = z.object({
  documents: z.array(
    z.object({
      number: z.string(),
      reference: z.string(),
      state: z.enum(['draft', 'confirmed']),
      total: z.string(),
      businessDay: z.string(),
      store: z.string(),
    }),
  ),
})

export interface BookedDocument {
  reference: string
  number: string
  complete: boolean
  totalMinor: number
}

export const openReferenceAdmin = (erp: { url: string; user: string; password: string }) => {
  const headers = {
    authorization: `Basic ${Buffer.from(`${erp.user}:${erp.password}`).toString('base64')}`,
    'content-type': 'application/json',
  }
  const call = async (path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(
      `${erp.url}/admin/${path}`,
      body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
    )
    if (!response.ok) throw new Error(`reference ERP: ${path}: HTTP ${response.status} ${await response.text()}`)
    return response.json()
  }
  return {
    /** All documents, or those of one reference. */
    async documents(reference?: string): Promise<BookedDocument[]> {
      const { documents } = documentsSchema.parse(await call('documents'))
      return documents
        .filter((d) => reference === undefined || d.reference === reference)
        .map((d) => ({
          reference: d.reference,
          number: d.number,
          complete: d.state === 'confirmed',
          totalMinor: Number(parseAmount(d.total)),
        }))
    },
    /** Tax included. */
    setPrice: (itemId: string, amountMinor: number) =>
      call(`items/${encodeURIComponent(itemId)}`, { price: amountText(BigInt(amountMinor)) }),
    changeItem: (itemId: string, change: { price?: string; name?: string; sellable?: boolean; barcodes?: string[] }) =>
      call(`items/${encodeURIComponent(itemId)}`, change),
    /** Thousandths that are booked into a store's stock; negative out of it. */
    addStock: (store: string, item: string, milli: number) => call('stock', { store, item, milli }),
    setTemper: (temper: Partial<Temper>) => call('temper', temper),
    /** A second document under the same reference, as a careless colleague would make it. */
    double: async (reference: string): Promise<void> => void (await call('double', { reference })),
    closeThrough: (day: string | null) => call('closed-through', { day }),
  }
}
export type ReferenceAdmin = ReturnType<typeof openReferenceAdmin>
