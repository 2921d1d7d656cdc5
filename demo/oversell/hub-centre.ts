/**
 * (b) and (c) Stock by event: each sale is at the hub a quarter of a second later, and an order reserves at once. They differ in what they
 * offer of a store's free stock: all of it, or what the hub's own `availableToSell` says with what the hub knows that it does not know.
 */
import { availableToSell } from '#hub/stock/available.ts'
import type { ConfidencePolicy } from '#hub/stock/confidence.ts'
import { expectedMicro } from '#hub/stock/velocity.ts'
import { hourOfWeekPpm, minuteMs, startMs } from './assumptions.ts'
import type { Centre } from './centre.ts'
import type { Draws } from './draws.ts'
import { createMarketplace } from './marketplace.ts'
import { createSalesPulse } from './sales-pulse.ts'

/** For the website, and for the marketplace with its lag. */
export interface ChannelPolicies {
  website: ConfidencePolicy
  market: ConfidencePolicy
}

/** The usual remedy: so much of each item at each store is never offered, however old or new the news. */
export interface FixedSafety {
  units: number
  /** And so many hours of what usually sells there, in whole units. */
  usualHours: number
}

export const createHubCentre = (draws: Draws, offering: ChannelPolicies | FixedSafety): Centre => {
  const { books, items, stores, countedMs, usualPerHour, assumptions: a } = draws
  const book = Int32Array.from(books)
  const reserved = new Int32Array(books.length)
  const lastCountMs = [...countedMs]
  const soldSinceCountMilli = usualPerHour.map((units, cell) =>
    Math.round(expectedMicro({ milliPerHour: units * 1_000, hourOfWeekPpm }, countedMs[cell] ?? startMs, startMs) / 1_000),
  )
  /** A picker found nothing, and the store's own word on it has not arrived. */
  const isEmpty = new Uint8Array(books.length)
  const lastWordMs = new Float64Array(stores).fill(startMs)
  const isConnected = Array.from({ length: stores }, () => true)
  const pulse = createSalesPulse(draws, startMs)
  const marketplace = createMarketplace(items)
  /** What each cell adds to the marketplace's figure, and the sums of it. */
  const offered = new Int32Array(books.length)
  const offeredOf = new Int32Array(items)

  const free = (cell: number): number => (isEmpty[cell] === 1 ? 0 : (book[cell] ?? 0) - (reserved[cell] ?? 0))
  const available = (atMs: number, cell: number, channel: keyof ChannelPolicies): number => {
    if ('usualHours' in offering) {
      const safety = offering.units + Math.ceil(offering.usualHours * (usualPerHour[cell] ?? 0))
      return Math.max(0, free(cell) - safety)
    }
    if (free(cell) < 1) return 0
    const store = Math.floor(cell / items)
    const stock = {
      ...{ unit: 'each' as const, onHandMilli: (book[cell] ?? 0) * 1_000, reservedMilli: (reserved[cell] ?? 0) * 1_000, safetyMilli: 0 },
    }
    const knowledge = { lastWordMs: lastWordMs[store] ?? null, isConnected: isConnected[store] ?? false, pending: { records: 0 } }
    const velocity = { milliPerHour: pulse.milliPerHour(cell), hourOfWeekPpm }
    const item = {
      velocity,
      lastCountMs: lastCountMs[cell] ?? null,
      soldSinceCountMilli: soldSinceCountMilli[cell] ?? 0,
      usualMilliPerHour: Math.round((usualPerHour[cell] ?? 0) * 1_000),
    }
    const answer = availableToSell(stock, { ...knowledge, missingRecords: 0, feedLagMs: 0 }, item, offering[channel], atMs)
    return answer.availableMilli / 1_000
  }
  const refresh = (atMs: number, cell: number): void => {
    const units = available(atMs, cell, 'market')
    offeredOf[cell % items] = (offeredOf[cell % items] ?? 0) + units - (offered[cell] ?? 0)
    offered[cell] = units
  }
  const refreshStore = (atMs: number, store: number): void => {
    for (let cell = store * items; cell < (store + 1) * items; cell += 1) refresh(atMs, cell)
  }
  const hear = (atMs: number, store: number): void => {
    lastWordMs[store] = atMs
  }
  const change = (atMs: number, cell: number, bookUnits: number, reservedUnits: number): void => {
    book[cell] = (book[cell] ?? 0) + bookUnits
    reserved[cell] = (reserved[cell] ?? 0) + reservedUnits
    refresh(atMs, cell)
  }
  /** The store that can best spare one: by what is offered, then by what its books have. */
  const bestFor = (item: number): number => {
    let best = item
    for (let cell = item; cell < book.length; cell += items) {
      const more = (offered[cell] ?? 0) - (offered[best] ?? 0)
      if (more > 0 || (more === 0 && free(cell) > free(best))) best = cell
    }
    return best
  }

  const everyMs = 15 * minuteMs
  return {
    receive: (atMs, store, changes) => {
      hear(atMs, store)
      pulse.watched(store, atMs, (cell) => (book[cell] ?? 0) > 0)
      for (const { cell, units, isSale, isCount } of changes) {
        if (isSale) pulse.sold(cell, -units)
        if (isSale) soldSinceCountMilli[cell] = (soldSinceCountMilli[cell] ?? 0) - units * 1_000
        if (isCount) [lastCountMs[cell], soldSinceCountMilli[cell], isEmpty[cell]] = [atMs, 0, 0]
        change(atMs, cell, units, 0)
      }
    },
    line: (atMs, store, isUp) => {
      if (isUp) hear(atMs, store)
      if (isConnected[store] === isUp) return
      isConnected[store] = isUp
      refreshStore(atMs, store)
    },
    minute: (atMs, isUp) => {
      for (let store = 0; store < stores; store += 1) {
        if (isUp(store)) hear(atMs, store)
        const isSweep = atMs % everyMs === 0
        if (isSweep && isUp(store)) pulse.watched(store, atMs, (cell) => (book[cell] ?? 0) > 0)
        if (isSweep || !isUp(store)) refreshStore(atMs, store)
      }
      for (let item = 0; item < items; item += 1) marketplace.publish(atMs + a.marketShowsMs, item, offeredOf[item] ?? 0)
    },
    orderFromWebsite: (atMs, cell) => {
      if (available(atMs, cell, 'website') < 1) return false
      change(atMs, cell, 0, 1)
      return true
    },
    orderFromMarket: marketplace.order,
    takeIn: (atMs, item) => {
      marketplace.takenIn(item)
      const cell = bestFor(item)
      change(atMs, cell, 0, 1)
      return cell
    },
    settle: (atMs, cell, wasThere) => {
      if (!wasThere) isEmpty[cell] = 1
      change(atMs, cell, wasThere ? -1 : 0, -1)
    },
  }
}
