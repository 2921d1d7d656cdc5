/** The scenario's figures: one weekend in the three ways, Tideline's over service levels, other weekends, and other assumptions. */
import { type ConfidencePolicy, usualPolicy } from '#hub/stock/confidence.ts'
import { type Assumptions, minuteMs, usualAssumptions } from './assumptions.ts'
import { createBatchCentre } from './batch-centre.ts'
import { type Draws, draw } from './draws.ts'
import { type ChannelPolicies, createHubCentre, type FixedSafety } from './hub-centre.ts'
import { play, type Score } from './world.ts'

export interface Weekend {
  batch: Score
  plain: Score
  tideline: Score
}

export interface Figures {
  seed: number
  stores: number
  items: number
  servicePpm: number
  weekend: Weekend
  /** Tideline over service levels, the same weekend. */
  curve: { servicePpm: number; score: Score }[]
  /** By event with a fixed safety stock instead, the same weekend; with none it is `weekend.plain`. */
  safety: { fixed: FixedSafety; score: Score }[]
  /** Other weekends. */
  spread: { seed: number; weekend: Weekend }[]
  /** The same weekend in other circumstances; empty unless they are asked for. */
  otherwise: { name: string; weekend: Weekend }[]
}

/** What the channels need of the usual policy: their own lag, and how long a picker may take. */
const policiesAt = (servicePpm: number, { pickMs, marketShowsMs, marketOrdersMs }: Assumptions): ChannelPolicies => {
  const website: ConfidencePolicy = { ...usualPolicy, servicePpm, channelLagMs: 0, pickMs: pickMs[1] }
  return { website, market: { ...website, channelLagMs: marketShowsMs + marketOrdersMs } }
}

export const playTideline = (draws: Draws, servicePpm: number): Score =>
  play(draws, createHubCentre(draws, policiesAt(servicePpm, draws.assumptions)))

const noSafety: FixedSafety = { units: 0, usualHours: 0 }

/** Tideline's messages without its confidence: all that is free is offered but a fixed safety stock. */
export const playByEvent = (draws: Draws, fixed: FixedSafety): Score => play(draws, createHubCentre(draws, fixed))

export const playWeekend = (draws: Draws): Weekend => ({
  batch: play(draws, createBatchCentre(draws)),
  plain: playByEvent(draws, noSafety),
  tideline: playTideline(draws, usualPolicy.servicePpm),
})

/** Oversold units, Tideline's to the batches'. */
export const ratioOf = ({ batch, tideline }: Weekend): number =>
  batch.oversold === 0 ? (tideline.oversold === 0 ? 0 : 1) : Math.round((tideline.oversold / batch.oversold) * 10_000) / 10_000

const serviceLevels = [900_000, 950_000, 970_000, 980_000, 990_000, 995_000, 999_000]
const safetyStocks: FixedSafety[] = [
  ...[1, 2, 3, 4, 5, 6, 8].map((units) => ({ units, usualHours: 0 })),
  ...[4, 8, 12, 16, 24].map((usualHours) => ({ units: 0, usualHours })),
]
const otherSeeds = 5

const noOutages = { longOutages: { perDay: 0, ms: [0, 0] }, shortOutages: { perDay: 0, ms: [0, 0] } } as const
const manyOutages = { ...usualAssumptions.longOutages, perDay: 5 * usualAssumptions.longOutages.perDay }

const others: [string, Partial<Assumptions>][] = [
  ['Nothing is lost without a receipt', { shrinkage: 0 }],
  ['Nothing is lost, no line fails', { shrinkage: 0, ...noOutages }],
  ['Nothing is lost, no line fails, picked at once', { shrinkage: 0, ...noOutages, pickMs: [0, 1_000] }],
  ['Orders are picked within 10 minutes', { pickMs: [2 * minuteMs, 10 * minuteMs] }],
  ['Five times the long outages', { longOutages: manyOutages }],
  ['Half the stock at the start', { stockHours: [12, 45] }],
  ['Bursts as wild as they come', { burstShape: 1 }],
  ['Twice the losses that the policy reckons with', { shrinkage: 2 * usualAssumptions.shrinkage }],
]

export const measure = (
  { seed, stores, withOthers }: { seed: number; stores: number; withOthers: boolean },
  progress: (line: string) => void,
): Figures => {
  progress(`weekend ${seed} at ${stores} stores`)
  const draws = draw(seed, stores)
  const weekend = playWeekend(draws)
  progress('over service levels')
  const { servicePpm } = usualPolicy
  const curve = serviceLevels.map((level) => ({
    servicePpm: level,
    score: level === servicePpm ? weekend.tideline : playTideline(draws, level),
  }))
  progress('with fixed safety stocks')
  const safety = safetyStocks.map((fixed) => ({ fixed, score: playByEvent(draws, fixed) }))
  const spread = Array.from({ length: otherSeeds }, (_, index) => {
    progress(`weekend ${seed + index + 1}`)
    return { seed: seed + index + 1, weekend: playWeekend(draw(seed + index + 1, stores)) }
  })
  const otherwise = (withOthers ? others : []).map(([name, changed]) => {
    progress(name)
    return { name, weekend: playWeekend(draw(seed, stores, { ...usualAssumptions, ...changed })) }
  })
  return { ...{ seed, stores, items: draws.items }, servicePpm, weekend, curve, safety, spread, otherwise }
}
