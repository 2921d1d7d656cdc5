/** The connection in words: one sentence and one tone, from what main and the engine say. */
import { unreachable } from '#sync/contract/assert.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
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

/** A hub that is there and lets one wait is no broken line. */
const wordsOfOffline = (code: ErrorCode | undefined, since: string): LinkWords => {
  if (code === undefined) return { tone: 'bad', text: words.offline(since) }
  if (code === 'HUB_BUSY') return { tone: 'waiting', text: words.waiting(errorWords[code]) }
  return { tone: 'bad', text: words.offlineBecause(since, errorWords[code]) }
}

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
      return wordsOfOffline(link.code, since)
    case 'refused': {
      const reason = link.code ? errorWords[link.code] : (link.message ?? '')
      return { tone: 'bad', text: (link.code === 'HUB_FELL_BACK' ? words.notTrusted(reason) : words.refused(reason)).trim() }
    }
    default:
      return unreachable(link.state)
  }
}

export const describeLink = (status: AgentStatus, view: ManagerView | null, nowMs: number, timeZone: string): LinkWords => {
  if (status.engine === 'restarting') return { tone: 'waiting', text: words.restarting }
  return view ? wordsOfLink(view.link, nowMs, timeZone) : { tone: 'waiting', text: words.starting }
}
