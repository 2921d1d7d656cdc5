/** What the last comparison with head office found, in a sentence. */
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Tone } from './link-words.ts'
import { messages } from './messages.ts'
import { formatDay, formatMoment } from './times.ts'

const { compared: words } = messages

export type Compared = NonNullable<NonNullable<ManagerView['sync']>['compared']>

export const describeCompared = ({ at, days, differing }: Compared, nowMs: number, timeZone: string): { tone: Tone; text: string } => {
  const when = formatMoment(at, nowMs, timeZone)
  if (differing.length === 0) return { tone: 'good', text: words.agree(when, days) }
  return { tone: 'bad', text: words.differ(when, differing.map(formatDay)) }
}
