/** The connection in words: one sentence and one tone, from what main and the engine say. */
import { unreachable } from '#sync/contract/assert.ts'
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import { errorWords } from './error-words.ts'
import { messages } from './messages.ts'
import { formatMoment } from './times.ts'

export type Tone = 'good' | 'waiting' | 'bad'
export interface LinkWords {
  tone: Tone
  text: string
}

const { link: words } = messages

const wordsOfLink = (link: ManagerView['link'], nowMs: number, timeZone: string): LinkWords => {
  const since = formatMoment(link.since, nowMs, timeZone)
  switch (link.state) {
    case 'starting':
      return { tone: 'waiting', text: words.starting }
    case 'not-enrolled':
      return { tone: 'waiting', text: words.notEnrolled }
    case 'connecting':
      return { tone: 'waiting', text: words.connecting }
    case 'online':
      return { tone: 'good', text: words.online(since) }
    case 'offline':
      return { tone: 'bad', text: words.offline(since) }
    case 'refused':
      return { tone: 'bad', text: words.refused(link.code ? errorWords[link.code] : (link.message ?? '')).trim() }
    default:
      return unreachable(link.state)
  }
}

export const describeLink = (status: AgentStatus, view: ManagerView | null, nowMs: number, timeZone: string): LinkWords => {
  if (status.engine === 'restarting') return { tone: 'waiting', text: words.restarting }
  return view ? wordsOfLink(view.link, nowMs, timeZone) : { tone: 'waiting', text: words.starting }
}
