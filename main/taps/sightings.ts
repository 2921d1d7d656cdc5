/**
 * Which source reported which numbers. A source is held to a number that another one has when the number lies behind the first thing that
 * the source ever said of that workstation, and it has said something later since: it has passed that number by. A number whose
 * transaction carries neither goods nor money is held against nobody: a source may report sales alone.
 */
import { addNumber, hasNumber, numbersBeyond, type Run } from './number-ranges.ts'

export interface Sighting {
  workstationId: string
  businessDay: string
  sequenceNumber: number
  /** It carries goods or money. */
  business: boolean
}

export interface Lacking {
  tap: string
  workstationId: string
  businessDay: string
  sequenceNumber: number
}

export interface Sightings {
  add(tap: string, sighting: Sighting): void
  /** It may have reported it: it is not held to the number, and has not said anything either. */
  presume(tap: string, sighting: Sighting): void
  /** Who reported it. */
  tapsOf(sighting: Omit<Sighting, 'business'>): string[]
  /** It lies behind everything that the source said of the workstation, and it did say something. */
  isLaterThan(tap: string, sighting: Omit<Sighting, 'business'>): boolean
  /** Numbers that a source has passed by and another one has. */
  lacking(): Lacking[]
}

type Place = Pick<Sighting, 'businessDay' | 'sequenceNumber'>

interface TapDay {
  numbers: Run[]
  presumed: Run[]
  business: Run[]
}
interface TapOfWorkstation {
  first: Place
  latest: Place
  days: Map<string, TapDay>
}

const isBefore = (a: Place, b: Place): boolean =>
  a.businessDay < b.businessDay || (a.businessDay === b.businessDay && a.sequenceNumber < b.sequenceNumber)

export const createSightings = (): Sightings => {
  const workstations = new Map<string, Map<string, TapOfWorkstation>>()

  const lackingAt = (workstationId: string, tap: string, own: TapOfWorkstation, other: TapOfWorkstation): Lacking[] => {
    const lacking: Lacking[] = []
    for (const [businessDay, { business }] of other.days) {
      const { first, latest } = own
      if (businessDay < first.businessDay || businessDay > latest.businessDay) continue
      const above = businessDay === first.businessDay ? first.sequenceNumber : -1
      const below = businessDay === latest.businessDay ? latest.sequenceNumber : Infinity
      const { numbers = [], presumed = [] } = own.days.get(businessDay) ?? {}
      for (const sequenceNumber of numbersBeyond(business, numbers, above, below))
        if (!hasNumber(presumed, sequenceNumber)) lacking.push({ tap, workstationId, businessDay, sequenceNumber })
    }
    return lacking
  }

  const dayOf = (tap: string, { workstationId, businessDay, sequenceNumber }: Sighting): TapDay => {
    const taps = workstations.get(workstationId) ?? new Map<string, TapOfWorkstation>()
    workstations.set(workstationId, taps)
    const place = { businessDay, sequenceNumber }
    const known = taps.get(tap) ?? { first: place, latest: place, days: new Map<string, TapDay>() }
    taps.set(tap, known)
    if (isBefore(known.latest, place)) known.latest = place
    const day = known.days.get(businessDay) ?? { numbers: [], presumed: [], business: [] }
    known.days.set(businessDay, day)
    return day
  }
  const note = (kind: 'numbers' | 'presumed', tap: string, sighting: Sighting): void => {
    const day = dayOf(tap, sighting)
    addNumber(day[kind], sighting.sequenceNumber)
    if (sighting.business) addNumber(day.business, sighting.sequenceNumber)
  }

  return {
    add: (tap, sighting) => note('numbers', tap, sighting),
    presume: (tap, sighting) => note('presumed', tap, sighting),
    tapsOf: ({ workstationId, businessDay, sequenceNumber }) =>
      [...(workstations.get(workstationId) ?? [])]
        .filter(([, tap]) => hasNumber(tap.days.get(businessDay)?.numbers ?? [], sequenceNumber))
        .map(([name]) => name),
    isLaterThan: (tap, sighting) => {
      const latest = workstations.get(sighting.workstationId)?.get(tap)?.latest
      return latest !== undefined && isBefore(latest, sighting)
    },
    lacking: () =>
      [...workstations].flatMap(([workstationId, taps]) =>
        [...taps].flatMap(([tap, own]) =>
          [...taps].filter(([name]) => name !== tap).flatMap(([, other]) => lackingAt(workstationId, tap, own, other)),
        ),
      ),
  }
}
