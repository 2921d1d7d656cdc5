/**
 * Which sales are published: of each key, in order, those after which at most so much is on hand as an event said. A sale is published when
 * all its keys are; events coalesce, so that one may publish many.
 */
export interface PublishedSales {
  /** Before it is sent; of each key, sales are noted in the order in which they are sent. */
  note(sale: number, keys: readonly string[]): void
  acknowledged(sale: number, atMs: number): void
  event(key: string, onHandMilli: number, atMs: number): void
  /** From its acknowledgement to its event, 0 where the event was first; of sales that have both. */
  lagsMs(from: number, to: number): number[]
  pending(): number
}

interface Sale {
  missing: number
  acknowledgedMs: number
  publishedMs: number
}

export const watchPublishedSales = (initialMilli: number, eachMilli: number): PublishedSales => {
  const sales = new Map<number, Sale>()
  const keys = new Map<string, { sales: number[]; published: number }>()
  let pending = 0
  return {
    note: (sale, of) => {
      sales.set(sale, { missing: of.length, acknowledgedMs: Number.NaN, publishedMs: Number.NaN })
      pending += 1
      for (const key of of) {
        const known = keys.get(key)
        if (known) known.sales.push(sale)
        else keys.set(key, { sales: [sale], published: 0 })
      }
    },
    acknowledged: (sale, atMs) => {
      const known = sales.get(sale)
      if (known) known.acknowledgedMs = atMs
    },
    event: (key, onHandMilli, atMs) => {
      const known = keys.get(key)
      if (!known) return
      const through = (initialMilli - onHandMilli) / eachMilli
      for (; known.published < through; known.published++) {
        const sale = sales.get(known.sales[known.published] ?? -1)
        if (!sale || --sale.missing > 0) continue
        sale.publishedMs = atMs
        pending -= 1
      }
    },
    lagsMs: (from, to) =>
      [...sales].flatMap(([number, { acknowledgedMs, publishedMs }]) =>
        number >= from && number < to ? [Math.max(0, publishedMs - acknowledgedMs)] : [],
      ),
    pending: () => pending,
  }
}
