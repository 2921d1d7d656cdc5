/**
 * Tryton past the hub, for demos and tests: counting its sales independently, changing prices as a buyer would. It shares
 * no code with the hub's connector, so that it can check it.
 */
import { z } from 'zod'

export interface BookedSale {
  reference: string
  number: string
  complete: boolean
  totalMinor: number
}

const decimal = z.object({ decimal: z.string() })
const saleSchema = z.object({ reference: z.string().nullable(), number: z.string().nullable(), state: z.string(), total_amount: decimal })

/** Two decimals, as the demo's euro has. */
const minorOf = (text: string): number => {
  const match = /^(-?)(\d+)(?:\.(\d{1,2})0*)?$/.exec(text)
  if (!match) throw new Error(`Tryton's total ${text} has parts of a cent`)
  return (match[1] === '-' ? -1 : 1) * Number(`${match[2]}${(match[3] ?? '').padEnd(2, '0')}`) + 0
}

export const openTrytonAdmin = async (erp: { url: string; database: string; user: string; password: string }) => {
  let id = 0
  const rpc = async (method: string, params: unknown[], authorization?: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
    const response = await fetch(`${erp.url}/${erp.database}/`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ id: id++, method, params }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`Tryton ${method}: HTTP ${response.status}`)
    const answer = z.object({ result: z.unknown().optional(), error: z.unknown().optional() }).parse(JSON.parse(text))
    if (answer.error !== undefined) throw new Error(`Tryton ${method}: ${JSON.stringify(answer.error).slice(0, 500)}`)
    return answer.result
  }
  const login = async (): Promise<string> => {
    const [userId, key] = z.tuple([z.int(), z.string()]).parse(await rpc('common.db.login', [erp.user, { password: erp.password }]))
    return `Session ${Buffer.from(`${erp.user}:${userId}:${key}`).toString('base64')}`
  }
  const session = await login()
  const context = z.record(z.string(), z.unknown()).parse(await rpc('model.res.user.get_preferences', [true, {}], session))
  const call = (method: string, ...params: unknown[]): Promise<unknown> => rpc(`model.${method}`, [...params, context], session)

  return {
    /** All sales, or those of one reference. */
    async documents(reference?: string): Promise<BookedSale[]> {
      const sales: BookedSale[] = []
      const domain = reference === undefined ? [] : [['reference', '=', reference]]
      for (;;) {
        const page = z
          .array(saleSchema)
          .parse(
            await call(
              'sale.sale.search_read',
              domain,
              sales.length,
              1_000,
              [['id', 'ASC']],
              ['reference', 'number', 'state', 'total_amount'],
            ),
          )
        sales.push(
          ...page.map((sale) => ({
            reference: sale.reference ?? '',
            number: sale.number ?? '',
            complete: ['confirmed', 'processing', 'done'].includes(sale.state),
            totalMinor: minorOf(sale.total_amount.decimal),
          })),
        )
        if (page.length < 1_000) return sales
      }
    },
    /** Tax included; the list price is net: four fifths, exact in three decimals. */
    async setShelfPrice(itemId: string, amountMinor: number): Promise<void> {
      const [product] = z
        .array(z.object({ template: z.int() }))
        .parse(await call('product.product.search_read', [['code', '=', itemId]], 0, 1, null, ['template']))
      if (!product) throw new Error(`Tryton has no product ${itemId}`)
      const thousandths = amountMinor * 8
      const net = `${Math.floor(thousandths / 1_000)}.${String(thousandths % 1_000).padStart(3, '0')}`
      await call('product.template.write', [product.template], { list_price: { __class__: 'Decimal', decimal: net } })
    },
    /** A copy of a sale under the same reference. */
    async double(reference: string): Promise<void> {
      const [first] = z
        .array(z.object({ id: z.int() }))
        .parse(await call('sale.sale.search_read', [['reference', '=', reference]], 0, 1, null, ['id']))
      if (!first) throw new Error(`Tryton has no sale ${reference}`)
      await call('sale.sale.copy', [first.id], { reference })
    },
    /** What was to be delivered today becomes yesterday's, and was not delivered. */
    async letDayPass(): Promise<void> {
      const moves = z.array(z.int()).parse(await call('stock.move.search', [['state', '=', 'draft']], 0, null, null))
      const yesterday = new Date(Date.now() - 86_400_000)
      const [year, month, day] = [yesterday.getUTCFullYear(), yesterday.getUTCMonth() + 1, yesterday.getUTCDate()]
      if (moves.length > 0) await call('stock.move.write', moves, { planned_date: { __class__: 'date', year, month, day } })
    },
  }
}
export type TrytonAdmin = Awaited<ReturnType<typeof openTrytonAdmin>>
