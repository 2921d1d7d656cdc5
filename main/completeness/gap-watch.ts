/** The ledgers as they are now, and since when each number has been missing, by a steady clock. */
import type { DayLedger } from '#sync/contract/day-close.ts'
import type { BusinessDay, WorkstationId } from '#sync/contract/vocabulary.ts'
import { ageGaps, type Gap } from '#sync/core/ledger-gaps.ts'
import type { Books } from './books.ts'

export interface Place {
  businessDay: BusinessDay
  workstationId: WorkstationId
}

export interface GapWatch {
  /** This day of the workstation changed, and its neighbours with it. */
  touch(place: Place): void
  /** Brings the ledgers of what was touched up to date and returns those places. */
  refresh(nowMs: number): Place[]
  ledgerOf(businessDay: BusinessDay, workstationId: WorkstationId): DayLedger | undefined
  gapsOf(place: Place): readonly Gap[]
  places(): Iterable<Place>
}

const keyOf = ({ businessDay, workstationId }: Place): string => `${businessDay}|${workstationId}`

export const createGapWatch = (books: Books): GapWatch => {
  const touched = new Map<string, Place>()
  const watched = new Map<string, { place: Place; ledger: DayLedger; gaps: Gap[] }>()

  const mark = (place: Place): void => void touched.set(keyOf(place), place)

  const refreshOne = (place: Place, nowMs: number): void => {
    const ledger = books.ledgerOf(place.businessDay, place.workstationId)
    if (!ledger) return
    const missing = books.isWhole(place.businessDay) ? ledger.missing : []
    watched.set(keyOf(place), { place, ledger, gaps: ageGaps(watched.get(keyOf(place))?.gaps ?? [], missing, nowMs) })
  }
  return {
    touch: mark,
    refresh: (nowMs) => {
      for (const { businessDay, workstationId } of [...touched.values()]) {
        const { before, after } = books.neighboursOf(businessDay, workstationId)
        for (const day of [before, after]) if (day !== undefined) mark({ businessDay: day, workstationId })
      }
      const places = [...touched.values()]
      touched.clear()
      for (const place of places) refreshOne(place, nowMs)
      return places
    },
    ledgerOf: (businessDay, workstationId) => watched.get(keyOf({ businessDay, workstationId }))?.ledger,
    gapsOf: (place) => watched.get(keyOf(place))?.gaps ?? [],
    places: () => [...watched.values()].map(({ place }) => place),
  }
}
