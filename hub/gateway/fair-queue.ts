/**
 * What waits for its turn, fair between owners [TRN14]: one job of each in a round, whoever has how many. Urgent work goes first; of
 * bulk at least one job in nine is taken, so that it never stands still. An owner's own jobs of one urgency stay in order.
 */
export type Urgency = 'urgent' | 'bulk'

export interface Place {
  owner: string
  urgency: Urgency
}

export interface FairQueue<J> {
  add(place: Place, job: J): void
  /** The next one whose owner has less than its bound under way; `ended` takes it off again. */
  take(): { owner: string; job: J } | null
  ended(owner: string): void
  waiting(): number
}

/** An owner's place in the round is its place in the map. */
type Lane<J> = Map<string, J[]>

const urgentBetweenBulk = 8

export const createFairQueue = <J>(perOwner: number): FairQueue<J> => {
  const lanes: Record<Urgency, Lane<J>> = { urgent: new Map(), bulk: new Map() }
  const underWay = new Map<string, number>()
  let waiting = 0
  let urgentInARow = 0

  const takeFrom = (urgency: Urgency): { owner: string; job: J } | null => {
    const lane = lanes[urgency]
    for (const [owner, [job, ...rest]] of lane) {
      if (job === undefined || (underWay.get(owner) ?? 0) >= perOwner) continue
      lane.delete(owner)
      if (rest.length > 0) lane.set(owner, rest)
      underWay.set(owner, (underWay.get(owner) ?? 0) + 1)
      waiting -= 1
      urgentInARow = urgency === 'urgent' ? urgentInARow + 1 : 0
      return { owner, job }
    }
    return null
  }

  return {
    add: ({ owner, urgency }, job) => {
      const lane = lanes[urgency]
      const jobs = lane.get(owner)
      if (jobs) jobs.push(job)
      else lane.set(owner, [job])
      waiting += 1
    },
    take: () => (urgentInARow >= urgentBetweenBulk ? (takeFrom('bulk') ?? takeFrom('urgent')) : (takeFrom('urgent') ?? takeFrom('bulk'))),
    ended: (owner) => {
      const left = (underWay.get(owner) ?? 0) - 1
      if (left > 0) underWay.set(owner, left)
      else underWay.delete(owner)
    },
    waiting: () => waiting,
  }
}
