/** Makes a failure's list of faults as short as it still fails: halves are dropped first, then single faults, until none can go. */
import type { Fault } from './fault.ts'
import { runWorld, type Outcome, type Plan } from './world.ts'

export interface Shrunk {
  faults: readonly Fault[]
  outcome: Outcome
}

/** `runs` bounds the effort. */
export const shrink = async (plan: Plan, runs = 60): Promise<Shrunk> => {
  let left = runs
  let best: Shrunk = { faults: plan.faults, outcome: await runWorld(plan) }
  const isSmaller = async (faults: readonly Fault[]): Promise<boolean> => {
    if (left <= 0) return false
    left -= 1
    const outcome = await runWorld({ ...plan, faults })
    if (outcome.violations.length === 0) return false
    best = { faults, outcome }
    return true
  }
  for (let size = Math.ceil(plan.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < best.faults.length;) {
      const without = [...best.faults.slice(0, at), ...best.faults.slice(at + size)]
      if (!(await isSmaller(without))) at += size
    }
  return best
}
