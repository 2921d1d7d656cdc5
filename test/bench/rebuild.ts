/**
 * `rebuild`: a wiped local database is filled again from a journal of 100,000 sales of about 1 kB, in Chromium, in strict durability:
 * the engine's page as it ships, pages of the journal coming from another process, against Dexie's bulkAdd of the same documents that
 * are in the browser's memory already. In turn, in one browser, over the same profile.
 */
import type { JournalSource } from '#sync/core/ports.ts'
import { EnginePages, type MainSide } from '../engine/engine-page.ts'
import { MemoryJournal, saleText } from '../engine/records.ts'
import { identity } from '../engine/store-rig.ts'
import type { Benchmark } from './benchmark.ts'
import { fillByDexie, rebuildByEngine, wipeDatabases } from './rebuild-sides.ts'

const records = Number(process.env['REBUILD_RECORDS'] ?? 100_000)
const pageSize = Number(process.env['REBUILD_PAGE'] ?? 500)
const rounds = 3
const floor = 0.6
/** With the sale's other fields about 1 kB. */
const description = 'Organic whole milk, one litre '.repeat(15)

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const rounded = (values: readonly number[]): number[] => values.map((v) => Math.round(v))

/** It is full and stays as it is: nothing is appended. */
const fullJournal = (): JournalSource => {
  const journal = new MemoryJournal()
  for (let number = 1; number <= records; number++) journal.append(saleText(number, description))
  return { head: () => journal.head(), read: (afterSeq, limit) => journal.read(afterSeq, limit), onAppended: () => () => undefined }
}

const run: Benchmark['run'] = async (progress) => {
  // No hub: nothing but the rebuild uses the browser.
  const configuration = { hubUrl: 'http://127.0.0.1:9', identity, agentVersion: 'bench' }
  const main: MainSide = { journal: fullJournal(), configuration, sign: () => Promise.reject(new Error('no hub')) }
  const pages = await EnginePages.open()
  const context = await pages.browser()
  try {
    const engine: number[] = []
    const dexie: number[] = []
    // The first pair warms all processes and does not count.
    for (let round = 0; round <= rounds; round++) {
      const their = await fillByDexie(context, pages, main, records, pageSize)
      await wipeDatabases(context, pages)
      const our = await rebuildByEngine(context, pages, main, records)
      await wipeDatabases(context, pages)
      progress(`${round === 0 ? 'warm-up' : `round ${round}`}: engine ${Math.round(our)}/s, Dexie ${Math.round(their)}/s`)
      if (round > 0) engine.push(our)
      if (round > 0) dexie.push(their)
    }
    return {
      name: 'rebuild',
      ratio: median(engine) / median(dexie),
      floor,
      perSecondEngine: Math.round(median(engine)),
      perSecondDexie: Math.round(median(dexie)),
      records,
      pageSize,
      rounds,
      engineRounds: rounded(engine),
      dexieRounds: rounded(dexie),
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
