/**
 * Everything that happens to the stores whatever the centre does: demand, returns, losses, counts, outages, how long a picker takes. Drawn
 * once a seed; all three ways of working meet the same.
 */
import {
  type Assumptions,
  closesAt,
  days,
  dayMs,
  hourMs,
  hourOfWeekAt,
  onlineWeight,
  opensAt,
  startMs,
  usualAssumptions,
  weightOfHour,
} from './assumptions.ts'
import { type Chance, chanceOf } from './chance.ts'

export type Happening =
  | { atMs: number; kind: 'walk-in' | 'return' | 'loss' | 'count'; cell: number }
  | { atMs: number; kind: 'website'; cell: number; pickShare: number }
  | { atMs: number; kind: 'market'; item: number; pickShare: number }
  | { atMs: number; kind: 'line-down' | 'line-up'; store: number }

/** A cell is one item at one store: store × items + item. */
export interface Draws {
  assumptions: Assumptions
  stores: number
  items: number
  happenings: Happening[]
  /** By cell. */
  books: number[]
  physical: number[]
  countedMs: number[]
  usualPerHour: number[]
}

const range = (chance: Chance, [low, high]: readonly [number, number]): number => chance.between(low, high)

const drawOutages = (seed: number, stores: number, a: Assumptions): Happening[] => {
  const chance = chanceOf(seed, 'outages')
  const outages: Happening[] = []
  for (let store = 0; store < stores; store += 1) {
    const spans: [number, number][] = []
    for (const { perDay, ms } of [a.longOutages, a.shortOutages]) {
      for (let left = chance.poisson(perDay * days); left > 0; left -= 1) {
        // lines fail while somebody works: between an hour before opening and closing
        const day = Math.floor(chance.between(0, days))
        const fromMs = startMs + day * dayMs + chance.between(opensAt - 1, closesAt) * hourMs
        spans.push([fromMs, fromMs + range(chance, ms)])
      }
    }
    spans.sort(([x], [y]) => x - y)
    let freeFrom = 0
    for (const [fromMs, toMs] of spans) {
      if (fromMs <= freeFrom) continue
      outages.push({ atMs: fromMs, kind: 'line-down', store }, { atMs: toMs, kind: 'line-up', store })
      freeFrom = toMs
    }
  }
  return outages
}

type Item = { usual: number; promotion: number; bursts: number[] }

const drawItems = (seed: number, a: Assumptions): Item[] => {
  const chance = chanceOf(seed, 'items')
  const bursts = chanceOf(seed, 'bursts')
  return a.usualPerHour.map((usual) => ({
    usual,
    promotion: range(chance, a.promotion),
    bursts: Array.from({ length: days * 24 }, () => bursts.gamma(a.burstShape)),
  }))
}

const addDemand = (seed: number, sizes: readonly number[], items: readonly Item[], happenings: Happening[], a: Assumptions): void => {
  const shop = chanceOf(seed, 'shop')
  const web = chanceOf(seed, 'web')
  const market = chanceOf(seed, 'market')
  const back = chanceOf(seed, 'back')
  const loss = chanceOf(seed, 'loss')
  const chain = sizes.reduce((sum, size) => sum + size, 0)
  const spread = (chance: Chance, hourStart: number, mean: number, add: (atMs: number) => void): void => {
    for (let left = chance.poisson(mean); left > 0; left -= 1) add(hourStart + chance.next() * hourMs)
  }
  for (let hour = 0; hour < days * 24; hour += 1) {
    const atMs = startMs + hour * hourMs
    const counter = weightOfHour(hourOfWeekAt(atMs))
    const online = onlineWeight(hour % 24)
    items.forEach(({ usual, promotion, bursts }, item) => {
      const demand = usual * promotion * (bursts[hour] ?? 1)
      spread(market, atMs, demand * online * a.marketShare * chain, (at) =>
        happenings.push({ atMs: at, kind: 'market', item, pickShare: market.next() }),
      )
      sizes.forEach((size, store) => {
        const cell = store * items.length + item
        spread(web, atMs, demand * size * online * a.websiteShare, (at) =>
          happenings.push({ atMs: at, kind: 'website', cell, pickShare: web.next() }),
        )
        if (counter === 0) return
        spread(shop, atMs, demand * size * counter, (at) => happenings.push({ atMs: at, kind: 'walk-in', cell }))
        spread(back, atMs, usual * size * counter * a.returnShare, (at) => happenings.push({ atMs: at, kind: 'return', cell }))
        spread(loss, atMs, demand * size * counter * a.shrinkage, (at) => happenings.push({ atMs: at, kind: 'loss', cell }))
      })
    })
  }
}

const openHoursAWeek = 6 * (closesAt - opensAt)

export const draw = (seed: number, stores: number, a: Assumptions = usualAssumptions): Draws => {
  const chance = chanceOf(seed, 'stores')
  const lossBefore = chanceOf(seed, 'loss before')
  const items = drawItems(seed, a)
  const sizes = Array.from({ length: stores }, () => range(chance, a.storeSize))
  const happenings = drawOutages(seed, stores, a)
  addDemand(seed, sizes, items, happenings, a)
  const draws: Draws = { assumptions: a, stores, items: items.length, happenings, books: [], physical: [], countedMs: [], usualPerHour: [] }
  sizes.forEach((size, store) =>
    items.forEach(({ usual, promotion }, item) => {
      const book = Math.max(1, Math.round(usual * promotion * size * range(chance, a.stockHours)))
      const countedDays = chance.between(0, a.countedDaysAgo)
      const lost = lossBefore.poisson(usual * size * a.shrinkage * (countedDays / 7) * openHoursAWeek)
      draws.books.push(book)
      draws.physical.push(Math.max(0, book - lost))
      draws.countedMs.push(startMs - countedDays * dayMs)
      draws.usualPerHour.push(usual * size)
      for (let day = 0; day < days; day += 1) {
        if (chance.next() >= a.countChance) continue
        const atMs = startMs + day * dayMs + chance.between(opensAt - 1, opensAt + 2) * hourMs
        happenings.push({ atMs, kind: 'count', cell: store * items.length + item })
      }
    }),
  )
  happenings.sort((x, y) => x.atMs - y.atMs)
  return draws
}
