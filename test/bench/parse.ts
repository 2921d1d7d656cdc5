/**
 * How much dearer it is to understand a till's document than to check that it is XML; and that memory does not grow with the document.
 * Both sides read the same chunks, each decoded by itself as a stream delivers them, one after the other, warm.
 */
import { execFile } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openDocument } from '#sync/capture/dialects.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { SaxesParser } from 'saxes'
import { poslog22 } from '../fixtures/poslog-22.ts'
import { storeDay } from '../fixtures/store-model.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'

const transactionCount = 3_000
const chunkCharacters = 65_536
const warmRuns = 4
const measuredRuns = 15
const floor = 0.6
const maxMemoryRatio = 1.5
const store = { storeId: 'S042', currency: 'EUR' }

/** Text cut out of a larger one stays a part of it; a stream's chunks stand alone, and so do these. */
const chunksOf = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / chunkCharacters) }, (_, index) =>
    Buffer.from(text.slice(index * chunkCharacters, (index + 1) * chunkCharacters), 'utf16le').toString('utf16le'),
  )

const bareParser = (chunks: readonly string[]): void => {
  const parser = new SaxesParser({ xmlns: false })
  parser.on('error', (error) => {
    throw error
  })
  for (const chunk of chunks) parser.write(chunk)
  parser.close()
}

const toCanonical = (chunks: readonly string[]): void => {
  const reader = openDocument({
    storeId: storeIdSchema.parse(store.storeId),
    currency: currencySchema.parse(store.currency),
    timeZone: 'UTC',
  })
  let taken = 0
  for (const chunk of chunks) taken += reader.write(chunk).length
  taken += reader.end().length
  if (taken !== transactionCount) throw new Error(`${taken} of ${transactionCount} transactions were read`)
}

const millisecondsOf = (work: () => void): number => {
  const started = performance.now()
  work()
  return performance.now() - started
}

const compareSpeed = (text: string, progress: (line: string) => void): { ratio: number; bareMbPerS: number; canonicalMbPerS: number } => {
  const chunks = chunksOf(text)
  for (let run = 0; run < warmRuns; run += 1) {
    bareParser(chunks)
    toCanonical(chunks)
  }
  const runs = Array.from({ length: measuredRuns }, () => ({
    bare: millisecondsOf(() => bareParser(chunks)),
    canonical: millisecondsOf(() => toCanonical(chunks)),
  }))
  const perSecond = (milliseconds: number): number => Math.round(Buffer.byteLength(text) / 1e3 / milliseconds)
  const ratio = median(runs.map((run) => run.bare / run.canonical))
  const bareMbPerS = perSecond(median(runs.map((run) => run.bare)))
  const canonicalMbPerS = perSecond(median(runs.map((run) => run.canonical)))
  progress(`bare parser ${bareMbPerS} MB/s, to canonical ${canonicalMbPerS} MB/s`)
  return { ratio, bareMbPerS, canonicalMbPerS }
}

/** One document of about that size: the day's transactions again and again. */
const writeDocument = (file: string, text: string, megabytes: number): void => {
  const [start, end] = [text.indexOf('<Transaction'), text.lastIndexOf('</POSLog>')]
  const body = Buffer.from(text.slice(start, end))
  const handle = openSync(file, 'w')
  writeSync(handle, text.slice(0, start))
  for (let written = 0; written < megabytes * 1e6; written += body.length) writeSync(handle, body)
  writeSync(handle, text.slice(end))
  closeSync(handle)
}

const side = fileURLToPath(new URL('parse-side.ts', import.meta.url))

const readInChild = async (file: string): Promise<{ transactions: number; faults: number; rssMb: number }> => {
  const { stdout } = await promisify(execFile)(process.execPath, [side, file, store.storeId, store.currency])
  return JSON.parse(stdout) as { transactions: number; faults: number; rssMb: number }
}

const compareMemory = async (
  text: string,
  progress: (line: string) => void,
): Promise<{ rss50Mb: number; rss500Mb: number; memoryRatio: number }> => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-parse-'))
  try {
    const rss: number[] = []
    for (const megabytes of [50, 500]) {
      const file = join(dir, `${megabytes}.xml`)
      writeDocument(file, text, megabytes)
      const read = await readInChild(file)
      if (read.faults > 0) throw new Error(`${read.faults} faults in a document without any`)
      progress(`${megabytes} MB: ${read.transactions} transactions, at most ${read.rssMb} MB of memory`)
      rss.push(read.rssMb)
      await rm(file)
    }
    const [rss50Mb = 0, rss500Mb = 0] = rss
    return { rss50Mb, rss500Mb, memoryRatio: rss500Mb / rss50Mb }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export const parse: Benchmark = {
  name: 'parse',
  compares: 'POSLog to canonical transactions, with the bare XML parser on the same file; and the memory for ten times the document',
  run: async (progress) => {
    const text = poslog22.document(storeDay(1, { transactions: transactionCount, ...store }))
    const speed = compareSpeed(text, progress)
    const memory = await compareMemory(text, progress)
    return { name: 'parse', floor, ...speed, ...memory, maxMemoryRatio, alsoMissed: memory.memoryRatio > maxMemoryRatio }
  },
}
