/**
 * The stores as they are: goods on shelves, journals, lines, pickers; and the score. An oversold unit is an online order accepted for a unit
 * that is not there any more when it is to be picked. A lost sale is the mirror of it: online demand refused for a unit that was there, that
 * nobody had been promised, and that would still have been there at picking. A unit is lost once: who is refused it after somebody else
 * was would not have had it.
 */
import { endMs, isOpen, minuteMs, nextOpening, startMs } from './assumptions.ts'
import { createAgenda } from './agenda.ts'
import type { Centre, Change } from './centre.ts'
import type { Draws, Happening } from './draws.ts'

export interface Score {
  demanded: number
  accepted: number
  oversold: number
  lostSales: number
  /** Of the lost sales, the units that nobody had bought over the counter either when the weekend was over. */
  leftOver: number
  /** Refused while a unit was there, whoever had been refused the same one before. */
  refusedInStock: number
}

type Later =
  | { kind: 'deliver'; store: number }
  | { kind: 'notice'; store: number; downSinceMs: number }
  | { kind: 'take-in'; item: number; pickShare: number }
  | { kind: 'pick' | 'would-pick'; cell: number }
  | { kind: 'minute' }

export const play = (draws: Draws, centre: Centre): Score => {
  const { stores, items, assumptions: a } = draws
  const physical = Int32Array.from(draws.physical)
  const balance = Int32Array.from(draws.books)
  const promised = new Int32Array(physical.length)
  const inFlight = new Int32Array(items)
  /** Units that refused customers would have had: not picked yet, and picked. Somebody else may buy them all the same. */
  const missing = new Int32Array(physical.length)
  const missed = new Int32Array(physical.length)
  const downSince = Array.from({ length: stores }, (): number | null => null)
  const unsent = Array.from({ length: stores }, (): Change[] => [])
  const agenda = createAgenda<Later>()
  const score: Score = { demanded: 0, accepted: 0, oversold: 0, lostSales: 0, leftOver: 0, refusedInStock: 0 }

  const at = (list: Int32Array, index: number): number => list[index] ?? 0
  const add = (list: Int32Array, index: number, units: number): void => {
    list[index] = at(list, index) + units
  }
  const isUp = (store: number): boolean => downSince[store] === null
  const free = (cell: number): number => at(physical, cell) - at(promised, cell)

  const record = (atMs: number, change: Change): void => {
    const store = Math.floor(change.cell / items)
    add(balance, change.cell, change.units)
    unsent[store]?.push(change)
    if (isUp(store)) agenda.put(atMs + a.lineMs, { kind: 'deliver', store })
  }
  /** The books are put right to what is on the shelf. */
  const count = (atMs: number, cell: number): void =>
    record(atMs, { cell, units: at(physical, cell) - at(balance, cell), isSale: false, isCount: true })

  const pickAt = (atMs: number, pickShare: number): number => {
    const [least, most] = a.pickMs
    const ready = nextOpening(atMs) + least + (most - least) * pickShare
    return isOpen(ready) ? ready : nextOpening(ready) + least
  }
  const promise = (atMs: number, cell: number, pickShare: number): void => {
    add(promised, cell, 1)
    missed[cell] = Math.max(0, Math.min(at(missed, cell), free(cell)))
    agenda.put(pickAt(atMs, pickShare), { kind: 'pick', cell })
  }
  const refuse = (atMs: number, cell: number | undefined, pickShare: number): void => {
    if (cell === undefined) return
    score.refusedInStock += 1
    if (free(cell) - at(missed, cell) - at(missing, cell) < 1) return
    add(missing, cell, 1)
    agenda.put(pickAt(atMs, pickShare), { kind: 'would-pick', cell })
  }
  /** Where a refused order of the marketplace could have come from: somebody has more than all that is under way. */
  const bestFor = (item: number): number | undefined => {
    let [total, best, bestUnits] = [0 - at(inFlight, item), -1, 0]
    for (let cell = item; cell < physical.length; cell += items) {
      const units = free(cell)
      if (units > 0) total += units
      if (units > bestUnits) [best, bestUnits] = [cell, units]
    }
    return total > 0 && best >= 0 ? best : undefined
  }

  const takeAway = (cell: number): boolean => {
    if (at(physical, cell) <= 0) return false
    add(physical, cell, -1)
    missed[cell] = Math.max(0, Math.min(at(missed, cell), free(cell)))
    return true
  }
  const pick = (atMs: number, cell: number): void => {
    add(promised, cell, -1)
    const wasThere = takeAway(cell)
    if (wasThere) add(balance, cell, -1)
    else score.oversold += 1
    centre.settle(atMs, cell, wasThere)
    if (!wasThere) count(atMs, cell)
  }

  const wouldPick = (cell: number): void => {
    add(missing, cell, -1)
    if (free(cell) - at(missed, cell) < 1) return
    add(missed, cell, 1)
    score.lostSales += 1
  }
  const happen = (what: Happening): void => {
    const { atMs } = what
    switch (what.kind) {
      case 'walk-in':
        if (takeAway(what.cell)) record(atMs, { cell: what.cell, units: -1, isSale: true, isCount: false })
        return
      case 'return':
        add(physical, what.cell, 1)
        return record(atMs, { cell: what.cell, units: 1, isSale: false, isCount: false })
      case 'loss':
        takeAway(what.cell)
        return
      case 'count':
        return count(atMs, what.cell)
      case 'website':
        score.demanded += 1
        if (!centre.orderFromWebsite(atMs, what.cell)) return refuse(atMs, free(what.cell) > 0 ? what.cell : undefined, what.pickShare)
        score.accepted += 1
        return promise(atMs, what.cell, what.pickShare)
      case 'market':
        score.demanded += 1
        if (!centre.orderFromMarket(atMs, what.item)) return refuse(atMs, bestFor(what.item), what.pickShare)
        score.accepted += 1
        add(inFlight, what.item, 1)
        agenda.put(atMs + a.marketOrdersMs, { kind: 'take-in', item: what.item, pickShare: what.pickShare })
        return
      case 'line-down':
        downSince[what.store] = atMs
        agenda.put(atMs + a.noticeMs, { kind: 'notice', store: what.store, downSinceMs: atMs })
        return
      case 'line-up':
        downSince[what.store] = null
        agenda.put(atMs + a.drainMs, { kind: 'deliver', store: what.store })
        return
    }
  }

  const happenLater = (atMs: number, what: Later): void => {
    switch (what.kind) {
      case 'deliver': {
        if (!isUp(what.store)) return
        centre.line(atMs, what.store, true)
        const changes = unsent[what.store]?.splice(0) ?? []
        if (changes.length > 0) centre.receive?.(atMs, what.store, changes)
        return
      }
      case 'notice':
        if (downSince[what.store] === what.downSinceMs) centre.line(atMs, what.store, false)
        return
      case 'take-in':
        add(inFlight, what.item, -1)
        return promise(atMs, centre.takeIn(atMs, what.item), what.pickShare)
      case 'pick':
        return pick(atMs, what.cell)
      case 'would-pick':
        return wouldPick(what.cell)
      case 'minute':
        centre.collect?.(atMs, (cell) => at(balance, cell), isUp)
        centre.minute(atMs, isUp)
        if (atMs < endMs) agenda.put(atMs + minuteMs, { kind: 'minute' })
        return
    }
  }

  const settleUntil = (atMs: number): void => {
    for (let due = agenda.takeUntil(atMs); due !== undefined; due = agenda.takeUntil(atMs)) happenLater(due.atMs, due.what)
  }
  agenda.put(startMs, { kind: 'minute' })
  for (const what of draws.happenings) {
    settleUntil(what.atMs)
    happen(what)
  }
  settleUntil(Number.POSITIVE_INFINITY)
  score.leftOver = missed.reduce((sum, units) => sum + units, 0)
  return score
}
