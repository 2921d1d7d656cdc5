/** How each item sells lately at each store, as the hub has seen it: sales and hours watched fade alike, by half in two hours of watching. */
import { estimateVelocity, expectedMicro } from '#hub/stock/velocity.ts'
import { hourOfWeekPpm } from './assumptions.ts'
import type { Draws } from './draws.ts'

const halfLifeHoursMilli = 2_000

export interface SalesPulse {
  sold(cell: number, units: number): void
  /** The records of a store are complete up to this moment; `has` says where there was something to sell. */
  watched(store: number, untilMs: number, has: (cell: number) => boolean): void
  milliPerHour(cell: number): number
}

export const createSalesPulse = ({ items, stores, usualPerHour }: Draws, fromMs: number): SalesPulse => {
  const soldMilli = new Float64Array(stores * items)
  const hoursMilli = new Float64Array(stores * items)
  const watchedUntil = new Float64Array(stores).fill(fromMs)
  const chainSold = new Float64Array(items)
  const chainExpected = new Float64Array(items)
  const usual = (cell: number): number => (usualPerHour[cell] ?? 0) * 1_000

  const change = (cell: number, toSold: number, toHours: number): void => {
    const item = cell % items
    chainSold[item] = (chainSold[item] ?? 0) + toSold - (soldMilli[cell] ?? 0)
    chainExpected[item] = (chainExpected[item] ?? 0) + ((toHours - (hoursMilli[cell] ?? 0)) * usual(cell)) / 1_000
    soldMilli[cell] = toSold
    hoursMilli[cell] = toHours
  }
  return {
    sold: (cell, units) => change(cell, (soldMilli[cell] ?? 0) + units * 1_000, hoursMilli[cell] ?? 0),
    watched: (store, untilMs, has) => {
      const hours = expectedMicro({ milliPerHour: 1_000, hourOfWeekPpm }, watchedUntil[store] ?? fromMs, untilMs) / 1_000
      watchedUntil[store] = untilMs
      if (hours === 0) return
      const kept = 2 ** (0 - hours / halfLifeHoursMilli)
      for (let cell = store * items; cell < (store + 1) * items; cell += 1) {
        change(cell, (soldMilli[cell] ?? 0) * kept, (hoursMilli[cell] ?? 0) * kept + (has(cell) ? hours : 0))
      }
    },
    milliPerHour: (cell) =>
      estimateVelocity({
        usualMilliPerHour: usual(cell),
        recent: { soldMilli: soldMilli[cell] ?? 0, hoursMilli: hoursMilli[cell] ?? 0 },
        chain: { soldMilli: chainSold[cell % items] ?? 0, expectedMilli: chainExpected[cell % items] ?? 0 },
      }),
  }
}
