/**
 * How much the tills may have under way at once, over all doors: requests, requests of one till, and bytes of bodies. Who finds it full
 * is told to come again, and nothing of his is kept. A request holds its bytes until it is answered.
 */

/** One request that was let in. */
export interface Admitted {
  /** False: no room for so many more bytes of its body. */
  hold(bytes: number): boolean
  leave(): void
}

export interface Admission {
  /** `till`: whose request it is, where each has a share of his own. Null: full. */
  enter(till?: string): Admitted | null
}

export interface AdmissionBounds {
  requests: number
  /** Of one till, and of all tills that are counted one by one. */
  perTill: number
  tills: number
  bodyBytes: number
}

const defaultBounds: AdmissionBounds = { requests: 64, perTill: 8, tills: 48, bodyBytes: 64_000_000 }

export const createAdmission = (given: Partial<AdmissionBounds> = {}): Admission => {
  const bounds = { ...defaultBounds, ...given }
  const underWay = new Map<string, number>()
  let requests = 0
  let ofTills = 0
  let bodyBytes = 0

  const isFull = (till: string | undefined): boolean =>
    requests >= bounds.requests || (till !== undefined && (ofTills >= bounds.tills || (underWay.get(till) ?? 0) >= bounds.perTill))

  const count = (till: string | undefined, by: 1 | -1): void => {
    requests += by
    if (till === undefined) return
    ofTills += by
    const left = (underWay.get(till) ?? 0) + by
    if (left === 0) underWay.delete(till)
    else underWay.set(till, left)
  }

  return {
    enter: (till) => {
      if (isFull(till)) return null
      count(till, 1)
      let held = 0
      let left = false
      return {
        hold: (bytes) => {
          if (left || bodyBytes + bytes > bounds.bodyBytes) return false
          bodyBytes += bytes
          held += bytes
          return true
        },
        leave: () => {
          if (left) return
          left = true
          bodyBytes -= held
          count(till, -1)
        },
      }
    },
  }
}
