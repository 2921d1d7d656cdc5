/** What one exchange tells of the line's pace: how fast it is, and how large records and entries are on it. */
import type { UpRequest } from '#sync/contract/up.ts'
import { learnPieces, learnSpeed, type Pace } from '#sync/core/traffic-pace.ts'
import type { Exchange } from './traffic-link.ts'

export const learnFrom = (pace: Pace, exchange: Exchange): Pace => learnSizes(learnSpeed(pace, exchange.transfer), exchange)

const learnSizes = (pace: Pace, { event, request, answer, sentBytes, receivedBytes }: Exchange): Pace => {
  if ('records' in request) return learnPieces(pace, 'record', sentBytes, request.records.length)
  if ('count' in request) return learnPieces(pace, 'record', sentBytes, request.count)
  if (answer.outcome === 'fetched') return learnPieces(pace, 'record', receivedBytes, answer.records.length)
  if (event !== 'pull') return pace
  const { feed, limit } = request as UpRequest<'pull'>
  if (answer.outcome === 'pulled') return learnPieces(pace, feed, receivedBytes, answer.entries.length)
  // A packed page does not say how many it holds; one that more follows is full.
  return answer.outcome === 'packed' && answer.more ? learnPieces(pace, feed, receivedBytes, limit) : pace
}
