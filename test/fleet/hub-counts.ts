/** What a hub counts of the hellos that reach it, looked at about once a second, for the most within a second. */

export interface HubCounts {
  /** The most hellos that came to the hub within a second, and of these the most that it let in. */
  most(): { hellos: number; admitted: number }
  stop(): Promise<void>
}

interface Counted {
  atMs: number
  admitted: number
  deferred: number
}

const lookEveryMs = 1_000

const countIn = (text: string, outcome: string): number =>
  Number(new RegExp(`^tideline_greetings_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)

/** A hub that is away counts nothing; one that is new begins at 0. */
const lookAt = async (hubUrl: string): Promise<Counted | null> => {
  try {
    const response = await fetch(`${hubUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    return { atMs: performance.now(), admitted: countIn(text, 'admitted'), deferred: countIn(text, 'deferred') }
  } catch {
    return null
  }
}

/** The answer may be late, so that more than a second lies between two looks. */
const perSecond = (before: Counted, now: Counted): { hellos: number; admitted: number } => {
  const seconds = Math.max(1, (now.atMs - before.atMs) / 1_000)
  const admitted = now.admitted - before.admitted
  return { hellos: (admitted + now.deferred - before.deferred) / seconds, admitted: admitted / seconds }
}

export const countHellosAt = (hubUrl: string): HubCounts => {
  const most = { hellos: 0, admitted: 0 }
  let before: Counted | null = null
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void>

  const look = async (): Promise<void> => {
    const now = await lookAt(hubUrl)
    if (now && before && now.admitted >= before.admitted) {
      const { hellos, admitted } = perSecond(before, now)
      most.hellos = Math.max(most.hellos, Math.round(hellos))
      most.admitted = Math.max(most.admitted, Math.round(admitted))
    }
    before = now ?? { atMs: performance.now(), admitted: 0, deferred: 0 }
    if (!stopped) timer = setTimeout(() => void (looking = look()), lookEveryMs)
  }
  looking = look()
  return {
    most: () => ({ ...most }),
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
