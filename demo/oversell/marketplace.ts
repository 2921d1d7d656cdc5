/** The marketplace's own copy of the stock: the newest figure that it shows, less its own orders that this figure does not know of. */

export interface Marketplace {
  /** A figure for an item, shown from then on; it knows all orders that the centre took in before. */
  publish(shownFromMs: number, item: number, units: number): void
  order(atMs: number, item: number): boolean
  takenIn(item: number): void
}

type Figure = { shownFromMs: number; units: number; knownOrders: number }

export const createMarketplace = (items: number): Marketplace => {
  const placed = Array.from({ length: items }, () => 0)
  const known = Array.from({ length: items }, () => 0)
  const shown = Array.from({ length: items }, (): Figure => ({ shownFromMs: 0, units: 0, knownOrders: 0 }))
  const coming = Array.from({ length: items }, (): Figure[] => [])
  return {
    publish: (shownFromMs, item, units) => coming[item]?.push({ shownFromMs, units, knownOrders: known[item] ?? 0 }),
    order: (atMs, item) => {
      const queue = coming[item] ?? []
      while (queue[0] !== undefined && queue[0].shownFromMs <= atMs) shown[item] = queue.shift() as Figure
      const figure = shown[item]
      const orders = placed[item] ?? 0
      if (figure === undefined || figure.units - (orders - figure.knownOrders) < 1) return false
      placed[item] = orders + 1
      return true
    },
    takenIn: (item) => {
      known[item] = (known[item] ?? 0) + 1
    },
  }
}
