/**
 * Eight tills, 200 sales a second between them, each at its own moment whether the ones before are answered or not: how much slower
 * is the answer "captured" than the disk itself? Against a bare group commit of the same bytes (in the load's own process, without
 * any network) under the same arrivals on the same disk; both sides in turn, block by block. A wait is counted from the arrival.
 *
 * Then as many sales as an agent takes when tills sell without pause.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '#demo/seeded-random.ts'
import { must } from '#sync/contract/assert.ts'
import { type BareLog, openBareLog } from './bare-log.ts'
import type { Benchmark } from './benchmark.ts'
import { median, percentile, rounded } from './figures.ts'
import { saleBody } from './sale-body.ts'
import { startHubProcess } from './hub-process.ts'
import { openTillLine, requestOf, type TillLine } from './till-line.ts'

const tills = 8
const perSecond = 200
const rounds = 7
const warmUpRounds = 2
/** Half a second a block: what disturbs the machine then disturbs both sides. */
const blocksPerRound = 16
const salesPerBlock = 100
const ceiling = 2
const token = 'bench'

const closedLoopTills = [8, 16, 32, 60]
const closedLoopMs = 4_000
const bearableP99Ms = 50

interface Arrival {
  atMs: number
  till: number
  body: string
}

/** Poisson: the pauses between two arrivals are exponential, and each comes to a till by chance. */
const arrivalsOf = (first: number): Arrival[] => {
  const random = seededRandom(first)
  let atMs = 0
  return Array.from({ length: salesPerBlock }, (_, index) => {
    atMs += (-Math.log(1 - random()) * 1_000) / perSecond
    return { atMs, till: Math.floor(random() * tills), body: saleBody(first + index) }
  })
}

/** Sets each arrival off at its moment, whatever became of those before; a wait begins when it was set off. */
const waitsOf = async (arrivals: readonly Arrival[], take: (arrival: Arrival) => Promise<void>): Promise<number[]> => {
  const startedAt = performance.now()
  const timed = async (arrival: Arrival): Promise<number> => {
    const from = performance.now()
    await take(arrival)
    return performance.now() - from
  }
  return Promise.all(
    arrivals.map(
      (arrival) =>
        new Promise<number>((resolve, reject) => {
          setTimeout(() => timed(arrival).then(resolve, reject), arrival.atMs - (performance.now() - startedAt))
        }),
    ),
  )
}

const postOrThrow = async (line: TillLine, request: string): Promise<void> => {
  const status = await line.post(request)
  if (status !== 201) throw new Error(`expected 201, got ${status}`)
}

const timeAgent = (lines: readonly TillLine[], arrivals: readonly Arrival[]): Promise<number[]> => {
  const requests = new Map(arrivals.map((arrival) => [arrival, requestOf(token, arrival.body)]))
  return waitsOf(arrivals, (arrival) => postOrThrow(must(lines[arrival.till], 'till'), must(requests.get(arrival), 'request')))
}

const timeBare = (log: BareLog, arrivals: readonly Arrival[]): Promise<number[]> => {
  const bytes = new Map(arrivals.map((arrival) => [arrival, new TextEncoder().encode(`${arrival.body}\n`)]))
  return waitsOf(arrivals, (arrival) => log.append(must(bytes.get(arrival), 'bytes')))
}

/** `count` tills that sell without pause. */
const sellWithoutPause = async (port: number, count: number, nextNumber: () => number) => {
  const lines = await Promise.all(Array.from({ length: count }, () => openTillLine(port)))
  const waits: number[] = []
  const until = performance.now() + closedLoopMs
  const sell = async (line: TillLine): Promise<void> => {
    while (performance.now() < until) {
      const request = requestOf(token, saleBody(nextNumber()))
      const from = performance.now()
      await postOrThrow(line, request)
      waits.push(performance.now() - from)
    }
  }
  await Promise.all(lines.map(sell))
  for (const line of lines) line.close()
  return { tills: count, perSecond: Math.round((waits.length * 1_000) / closedLoopMs), p99Ms: rounded(percentile(waits, 0.99)) }
}

interface Round {
  ours: number[]
  bare: number[]
}

const measureRounds = async (port: number, log: BareLog, nextBlock: () => number, progress: (line: string) => void): Promise<Round[]> => {
  const lines = await Promise.all(Array.from({ length: tills }, () => openTillLine(port)))
  const figures: Round[] = []
  for (let round = 1 - warmUpRounds; round <= rounds; round += 1) {
    const ours: number[] = []
    const bare: number[] = []
    for (let block = 0; block < blocksPerRound; block += 1) {
      const arrivals = arrivalsOf(nextBlock())
      const sides = [
        async () => ours.push(...(await timeAgent(lines, arrivals))),
        async () => bare.push(...(await timeBare(log, arrivals))),
      ]
      for (const side of block % 2 === 0 ? sides : sides.reverse()) await side()
    }
    const words = `captured p50 ${rounded(median(ours))} p99 ${rounded(percentile(ours, 0.99))} ms, bare p50 ${rounded(median(bare))} p99 ${rounded(percentile(bare, 0.99))} ms`
    progress(round > 0 ? `round ${round} of ${rounds}: ${words}` : `warm-up: ${words}`)
    if (round > 0) figures.push({ ours, bare })
  }
  for (const line of lines) line.close()
  return figures
}

const measure = async (dir: string, progress: (line: string) => void) => {
  const agent = await startHubProcess(['test/bench/capture-ack.ts', dir])
  const port = Number(new URL(agent.url).port)
  const log = await openBareLog(join(dir, 'bare.log'))
  let number = 0
  const nextBlock = (): number => (number += salesPerBlock) - salesPerBlock
  try {
    const figures = await measureRounds(port, log, nextBlock, progress)
    const rates = []
    for (const count of closedLoopTills) {
      const rate = await sellWithoutPause(port, count, () => (number += 1))
      progress(`${count} tills without pause: ${rate.perSecond} sales/s, p99 ${rate.p99Ms} ms`)
      rates.push(rate)
    }
    return { figures, rates }
  } finally {
    await log.close()
    await agent.stop()
  }
}

export const captureLoad: Benchmark = {
  name: 'capture-load',
  compares: `p99 of "captured" at ${perSecond} sales/s from ${tills} tills over p99 of a bare group commit of the same bytes, same arrivals, same disk`,
  run: async (progress) => {
    const dir = await mkdtemp(join(tmpdir(), 'tideline-bench-'))
    try {
      const { figures, rates } = await measure(dir, progress)
      const each = (share: number, side: keyof Round): number => rounded(median(figures.map((round) => percentile(round[side], share))))
      const ratios = figures.map((round) => percentile(round.ours, 0.99) / percentile(round.bare, 0.99))
      const bearable = rates.filter(({ p99Ms }) => p99Ms <= bearableP99Ms).sort((a, b) => b.perSecond - a.perSecond)
      return {
        name: 'capture-load',
        ratio: rounded(median(ratios)),
        ceiling,
        ...{ perSecond, tills, rounds, samplesPerSide: rounds * blocksPerRound * salesPerBlock },
        capturedP50Ms: each(0.5, 'ours'),
        capturedP99Ms: each(0.99, 'ours'),
        bareP50Ms: each(0.5, 'bare'),
        bareP99Ms: each(0.99, 'bare'),
        ratios: ratios.map(rounded),
        highest: bearable[0],
        recordBytes: Buffer.byteLength(saleBody(0)),
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
}
