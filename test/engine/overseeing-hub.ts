/** What a hub that speaks protocol 3 answers to reports, comparisons, repairs and bundles, over a scripted hub's log and feeds; and what it lost. */
import { createHash } from 'node:crypto'
import { feedEntryText, type ComparedDay, type DayDigest, type Span } from '#sync/contract/comparison.ts'
import type { Diagnostics } from '#sync/contract/diagnostics.ts'
import type { Report } from '#sync/contract/report.ts'
import { instantSchema } from '#sync/contract/vocabulary.ts'
import type { UpRequest, UpResponse } from '#sync/contract/up.ts'
import { digestOf, mixHash, noBits } from '#sync/core/digest.ts'
import type { ScriptedHub } from './scripted-hub.ts'

const digest = (hashes: readonly string[]) => digestOf(hashes.reduce(mixHash, noBits))
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export class Oversight {
  readonly reports: Report[] = []
  readonly compared: UpRequest<'compareDays'>[] = []
  readonly comparedFeeds: UpRequest<'compareFeed'>[] = []
  readonly repairs: number[][] = []
  readonly diagnostics: Diagnostics[] = []
  /** Numbers that the log lost after they were acknowledged. */
  readonly lost = new Set<number>()
  /** Numbers under which the log holds another record. */
  readonly altered = new Set<number>()
  /** Repairs that are received and do not help. */
  isDeaf = false
  /** How many answers to `diagnostics` get lost from now on. */
  lostAnswers = 0
  readonly #hub: ScriptedHub

  constructor(hub: ScriptedHub) {
    this.#hub = hub
    Object.assign(hub.scripts, {
      report: (report: Report) => {
        this.reports.push(report)
        return { outcome: 'reported', hubTime: instantSchema.parse('2026-03-02T10:00:00.000Z') }
      },
      compareDays: (request: UpRequest<'compareDays'>) => {
        this.compared.push(request)
        return { outcome: 'compared', days: request.days.map((day) => this.#compare(day)) }
      },
      compareFeed: (request: UpRequest<'compareFeed'>) => this.#compareFeed(request),
      repair: (request: UpRequest<'repair'>) => this.#repair(request),
      diagnostics: (message: Diagnostics) => {
        this.diagnostics.push(message)
        if (this.lostAnswers > 0) {
          this.lostAnswers -= 1
          return 'silent'
        }
        return { outcome: 'taken' }
      },
    })
  }

  #compare({ businessDay, spans, count, digest: told }: DayDigest): ComparedDay {
    const asked = spans.flatMap(({ fromSeq, toSeq }) => Array.from({ length: toSeq - fromSeq + 1 }, (_, i) => fromSeq + i))
    const wanted = asked.filter((seq) => this.lost.has(seq)).map((seq): Span => ({ fromSeq: seq, toSeq: seq }))
    if (wanted.length > 0) return { businessDay, outcome: 'lacks', wanted: wanted.slice(0, 500) }
    const hashes = asked.map((seq) => (this.altered.has(seq) ? sha256('altered') : (this.#hub.log[seq - 1]?.payloadHash ?? sha256(''))))
    return { businessDay, outcome: asked.length === count && digest(hashes) === told ? 'agrees' : 'differs', wanted: [] }
  }

  #repair({ records }: UpRequest<'repair'>): UpResponse<'repair'> {
    this.repairs.push(records.map((record) => record.seq))
    const filledIn = this.isDeaf
      ? 0
      : records.filter(({ seq, payload }) => this.#hub.log[seq - 1]?.payload === payload && this.lost.delete(seq)).length
    return { outcome: 'repaired', filledIn, known: records.length - filledIn, differing: [] }
  }

  #compareFeed(request: UpRequest<'compareFeed'>): UpResponse<'compareFeed'> {
    this.comparedFeeds.push(request)
    const entries = (this.#hub.feeds.get(request.feed) ?? []).filter((entry) => !entry.deleted)
    return {
      outcome: 'compared',
      ranges: request.ranges.map(({ after, through }) => {
        const inside = entries.filter(({ checkpoint }) => checkpoint > after && checkpoint <= through)
        return { count: inside.length, digest: digest(inside.map((entry) => sha256(feedEntryText(entry)))) }
      }),
    }
  }
}
