/** Are a store's windows written so that they can ever open? Said in words, with the field and an example [OPS6]. */
import { Cron } from 'croner'
import { trafficClasses, type TrafficWindows } from '#sync/contract/traffic.ts'

const example = 'for example "0 22 * * *" with 360 minutes: every night from ten, for six hours'

/** The first flaw; null when there is none. */
export const windowFlaw = (windows: TrafficWindows, timeZone: string): string | null => {
  for (const trafficClass of trafficClasses) {
    for (const [index, { cron }] of (windows[trafficClass] ?? []).entries()) {
      const flaw = patternFlaw(cron, timeZone)
      if (flaw !== null) return `windows.${trafficClass}.${index}.cron: ${flaw}; ${example}`
    }
  }
  return null
}

const patternFlaw = (cron: string, timeZone: string): string | null => {
  const fields = cron.trim().split(/\s+/).length
  if (fields !== 5 && fields !== 6) return `“${cron}” has ${fields} fields, a cron pattern five or six`
  try {
    return new Cron(cron, { timezone: timeZone }).nextRun() === null ? `“${cron}” names no moment that ever comes` : null
  } catch (error) {
    return `“${cron}” is no cron pattern (${error instanceof Error ? error.message : String(error)})`
  }
}
