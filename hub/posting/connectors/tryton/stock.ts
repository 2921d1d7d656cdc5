/**
 * What Tryton has at a store's warehouse once it has delivered what was sold: its forecast, and what that leaves out, moves that were
 * planned for days gone by and not made. A sale that was confirmed is in it at once, shipped or not.
 */
import { z } from 'zod'
import type { ErpStock } from '../../connector.ts'
import { toMilli } from '../../decimal.ts'
import { answered, type ErpAnswer } from '../wire.ts'
import { type Masters, roundingCode } from './masters.ts'
import type { TrytonRpc } from './rpc.ts'
import { idSchema } from './values.ts'

const pageSize = 1_000

const productSchema = z.object({ id: idSchema, code: z.string().nullable(), forecast_quantity: z.number().nullable() })
const moveSchema = z.object({ id: idSchema, product: idSchema, internal_quantity: z.number() })
const dateSchema = z.object({ __class__: z.literal('date'), year: z.int(), month: z.int(), day: z.int() })

const farDay = { __class__: 'date', year: 9_999, month: 12, day: 31 }

/** Tryton's quantities are floating point; beyond six decimals they are noise. */
const milliOf = (quantity: number): number => toMilli(quantity.toFixed(6))

const readPages = async <T>(read: (offset: number) => Promise<ErpAnswer<T[]>>): Promise<T[]> => {
  const all: T[] = []
  for (;;) {
    const page = answered(await read(all.length))
    all.push(...page)
    if (page.length < pageSize) return all
  }
}

/** By product, in thousandths: what overdue moves will add. */
const readOverdue = async (rpc: TrytonRpc, warehouse: number): Promise<Map<number, number>> => {
  const today = answered(await rpc.read('ir.date.today', [], dateSchema))
  const overdue = new Map<number, number>()
  for (const [end, sign] of [
    ['from_location', -1],
    ['to_location', 1],
  ] as const) {
    const domain = [
      ['state', '=', 'draft'],
      ['planned_date', '<', today],
      [end, 'child_of', [warehouse], 'parent'],
    ]
    const fields = ['product', 'internal_quantity']
    const moves = await readPages((offset) =>
      rpc.read('stock.move.search_read', [domain, offset, pageSize, [['id', 'ASC']], fields], z.array(moveSchema)),
    )
    for (const { product, internal_quantity } of moves)
      overdue.set(product, (overdue.get(product) ?? 0) + sign * milliOf(internal_quantity))
  }
  return overdue
}

export const readTrytonStock = async (rpc: TrytonRpc, masters: Masters, storeId: string): Promise<ErpStock[] | null> => {
  const warehouse = answered(await masters.warehouse(storeId))
  if (warehouse === null) return null
  const overdue = await readOverdue(rpc, warehouse)
  const domain = [
    ['type', '=', 'goods'],
    ['code', '!=', roundingCode],
  ]
  const context = { locations: [warehouse], stock_date_end: farDay }
  const products = await readPages((offset) =>
    rpc.read(
      'product.product.search_read',
      [domain, offset, pageSize, [['id', 'ASC']], ['code', 'forecast_quantity']],
      z.array(productSchema),
      context,
    ),
  )
  return products.flatMap(({ id, code, forecast_quantity }) =>
    code === null ? [] : [{ itemId: code, quantityMilli: milliOf(forecast_quantity ?? 0) + (overdue.get(id) ?? 0) }],
  )
}
