/**
 * The store's stock in the demo: counted once before the first sale, as the ERP has it; in the end each item must have what was counted less
 * what the tills sold, at the hub and in the ERP [STK2] [STK7].
 */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Stack } from './stack.ts'
import type { ShelfItem } from './till-sale.ts'
import type { Till } from './tills.ts'

export interface Counted {
  itemIds: string[]
  /** Of each, in thousandths. */
  milli: number
}

export interface StockEnd {
  items: number
  /** Items whose figure is right there. */
  atHub: number
  atErp: number
  /** Why the ERP could not be compared. */
  message?: string | undefined
  /** One line each, at most fifty. */
  findings: string[]
}

/** The clerk hands one document over to the store's agent, in the sequence of the sales. */
export const countShelf = async ({ agent, erp }: Stack, storeId: string, shelf: readonly ShelfItem[]): Promise<Counted> => {
  const itemIds = shelf.map(({ itemId }) => itemId)
  const milli = await erp.openingStock(storeId, itemIds)
  const now = new Date().toISOString()
  const response = await fetch(`${agent.url}/v1/stock-documents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
    body: JSON.stringify({
      ...{ documentId: 'opening', documentKind: 'count', storeId, businessDay: now.slice(0, 10), at: `${now.slice(0, 19)}Z` },
      lines: shelf.map(({ itemId, unit }, index) => ({ lineNumber: index + 1, itemId, quantityMilli: milli, unit })),
    }),
  })
  if (!response.ok) throw new Error(`the agent refused the count with ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return { itemIds, milli }
}

const levelsSchema = z.object({ stock: z.array(z.object({ itemId: z.string(), onHandMilli: z.int() })) })
const comparisonsSchema = z.object({
  comparisons: z.array(
    z.object({ agreeing: z.int(), differences: z.array(z.object({ words: z.string() })), message: z.string().optional() }),
  ),
})

/** The hub merges and the ERP is read behind what was posted: both get this long. */
const settleMs = 20_000
const lookEveryMs = 500
const findingsAtMost = 50

export const checkStock = async (stack: Stack, storeId: string, counted: Counted, tills: readonly Till[]): Promise<StockEnd> => {
  const deadline = performance.now() + settleMs
  for (;;) {
    const end = await lookAtStock(stack, storeId, counted, tills)
    if ((end.atHub === end.items && end.atErp === end.items) || performance.now() > deadline) return end
    await delay(lookEveryMs)
  }
}

const lookAtStock = async ({ hub }: Stack, storeId: string, { itemIds, milli }: Counted, tills: readonly Till[]): Promise<StockEnd> => {
  const call = async (path: string, body?: object): Promise<unknown> => {
    const authorization = `Bearer ${hub.operatorToken}`
    const asked = body && { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${hub.url}${path}`, { headers: { authorization, 'content-type': 'application/json' }, ...asked })
    if (!response.ok) throw new Error(`the hub answered ${response.status} to ${path}: ${(await response.text()).slice(0, 300)}`)
    return response.json()
  }
  const { stock } = levelsSchema.parse(await call(`/v1/stock?storeId=${storeId}&limit=200`))
  const onHand = new Map(stock.map(({ itemId, onHandMilli }) => [itemId, onHandMilli]))
  const wrong = itemIds.flatMap((itemId) => {
    const expected = milli - tills.reduce((sum, till) => sum + (till.soldMilli.get(itemId) ?? 0), 0)
    const found = onHand.get(itemId)
    return found === expected
      ? []
      : [`${itemId}: ${expected / 1_000} counted less sold, the hub has ${found === undefined ? 'none' : found / 1_000}`]
  })
  const { comparisons } = comparisonsSchema.parse(await call('/v1/stock/comparisons', { storeId }))
  const [comparison] = comparisons
  const differences = comparison?.differences.map(({ words }) => words) ?? []
  return {
    items: itemIds.length,
    atHub: itemIds.length - wrong.length,
    atErp: comparison?.agreeing ?? 0,
    message: comparison?.message,
    findings: [...wrong, ...differences].slice(0, findingsAtMost),
  }
}
