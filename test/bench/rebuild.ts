/**
 * `rebuild`: a wiped local database is filled again from a journal of 100,000 sales of about 1 kB, in Chromium, in strict durability:
 * the engine's page as it ships, pages of the journal coming from another process, against Dexie's bulkAdd of the very rows that the
 * engine wrote, which are in the browser's memory already, into a table with the same indexes. In turn, in one browser and profile.
 * Besides, `perSecondLean`: Dexie without RxDB's fields and indexes.
 */
import type { BrowserContext } from 'playwright'
import type { JournalSource } from '#sync/core/ports.ts'
import { EnginePages, type MainSide } from '../engine/engine-page.ts'
import { MemoryJournal, saleText } from '../engine/records.ts'
import { identity } from '../engine/store-rig.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { fillByDexie, holdEngineRows, rebuildByEngine, wipeDatabases } from './rebuild-sides.ts'

const records = 100_000
const warmUpRecords = 10_000
/** As many as the engine asks for at once. */
const pageSize = 2_000
const rounds = 3
const floor = 0.6
/** With the sale's other fields about 1 kB. */
const description = 'Organic whole milk, one litre '.repeat(15)

interface Rates {
  engine: number
  dexie: number
  lean: number
}

const rounded = (values: readonly number[]): number[] => values.map((v) => Math.round(v))

/** It is full and stays as it is: nothing is appended. */
const fullJournal = (count: number): JournalSource => {
  const journal = new MemoryJournal()
  for (let number = 1; number <= count; number++) journal.append(saleText(number, description))
  return { head: () => journal.head(), read: (afterSeq, limit) => journal.read(afterSeq, limit), onAppended: () => () => undefined }
}

const runRound = async (context: BrowserContext, pages: EnginePages, journal: JournalSource, count: number): Promise<Rates> => {
  // No hub: nothing but the rebuild uses the browser.
  const configuration = { hubUrl: 'http://127.0.0.1:9', identity, agentVersion: 'bench' }
  const main: MainSide = { journal, configuration, sign: () => Promise.reject(new Error('no hub')) }
  const engine = await rebuildByEngine(context, pages, main, count)
  const page = await holdEngineRows(context, pages, pageSize)
  await wipeDatabases(context, pages)
  const dexie = await fillByDexie(page, 'same', count)
  const lean = await fillByDexie(page, 'lean', count)
  await page.close()
  return { engine, dexie, lean }
}

const run: Benchmark['run'] = async (progress) => {
  const pages = await EnginePages.open()
  const context = await pages.browser()
  try {
    await runRound(context, pages, fullJournal(warmUpRecords), warmUpRecords)
    const journal = fullJournal(records)
    const all: Rates[] = []
    for (let round = 1; round <= rounds; round++) {
      const rates = await runRound(context, pages, journal, records)
      all.push(rates)
      const [engine, dexie, lean] = rounded([rates.engine, rates.dexie, rates.lean])
      progress(`round ${round}: engine ${engine}/s, Dexie with the same rows ${dexie}/s, lean ${lean}/s`)
    }
    const of = (side: keyof Rates): number[] => all.map((rates) => rates[side])
    return {
      name: 'rebuild',
      ratio: median(of('engine')) / median(of('dexie')),
      floor,
      perSecondEngine: Math.round(median(of('engine'))),
      perSecondDexie: Math.round(median(of('dexie'))),
      perSecondLean: Math.round(median(of('lean'))),
      ratioToLean: median(of('engine')) / median(of('lean')),
      records,
      pageSize,
      rounds,
      engineRounds: rounded(of('engine')),
      dexieRounds: rounded(of('dexie')),
      leanRounds: rounded(of('lean')),
    }
  } finally {
    await context.close()
    await pages.close()
  }
}

export const rebuild: Benchmark = {
  name: 'rebuild',
  compares:
    'a wiped local database filled from 100,000 records: the engine in Chromium against bulkAdd of Dexie, per second, both strictly durable',
  run,
}
