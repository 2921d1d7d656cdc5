/**
 * (a) Stock in batches: the ERP asks the stores every five minutes, and the marketplace gets its figures every ten. What the ERP does not
 * hear of stands. In its favour: a run takes no time, and orders are reserved in the ERP the moment they arrive.
 */
import type { Centre } from './centre.ts'
import type { Draws } from './draws.ts'
import { createMarketplace } from './marketplace.ts'

export const createBatchCentre = ({ books, items, stores, assumptions: a }: Draws): Centre => {
  const book = Int32Array.from(books)
  const reserved = new Int32Array(books.length)
  /** A picker found nothing, and the store has not been asked since. */
  const isEmpty = new Uint8Array(books.length)
  /** The web shop's own copy. */
  const website = Int32Array.from(books)
  const marketplace = createMarketplace(items)
  const unreserved = (cell: number): number => (isEmpty[cell] === 1 ? 0 : (book[cell] ?? 0) - (reserved[cell] ?? 0))
  const add = (list: Int32Array, cell: number, units: number): void => {
    list[cell] = (list[cell] ?? 0) + units
  }
  const publish = (atMs: number): void => {
    for (let item = 0; item < items; item += 1) {
      let units = 0
      for (let cell = item; cell < book.length; cell += items) units += Math.max(0, unreserved(cell))
      marketplace.publish(atMs + a.marketShowsMs, item, units)
    }
  }
  return {
    line: () => {},
    collect: (atMs, balanceOf, isUp) => {
      if (atMs % a.erpEveryMs !== 0) return
      for (let store = 0; store < stores; store += 1) {
        if (!isUp(store)) continue
        for (let cell = store * items; cell < (store + 1) * items; cell += 1) [book[cell], isEmpty[cell]] = [balanceOf(cell), 0]
      }
      for (let cell = 0; cell < book.length; cell += 1) website[cell] = unreserved(cell)
    },
    minute: (atMs) => {
      if (atMs % a.marketEveryMs === 0) publish(atMs)
    },
    orderFromWebsite: (_, cell) => {
      if ((website[cell] ?? 0) < 1) return false
      add(website, cell, -1)
      add(reserved, cell, 1)
      return true
    },
    orderFromMarket: marketplace.order,
    takeIn: (_, item) => {
      marketplace.takenIn(item)
      let best = item
      for (let cell = item; cell < book.length; cell += items) if (unreserved(cell) > unreserved(best)) best = cell
      add(reserved, best, 1)
      return best
    },
    settle: (_, cell, wasThere) => {
      add(reserved, cell, -1)
      if (wasThere) add(book, cell, -1)
      else isEmpty[cell] = 1
    },
  }
}
