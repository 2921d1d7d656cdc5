/** The two ways a browser's local database is filled with one journal: the engine's page, and Dexie as it is. Each gives records a second. */
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { recordDocs } from '#sync/engine/record-docs.ts'
import { blankPath, type EnginePages, type MainSide } from '../engine/engine-page.ts'

const dexieBundle = join(import.meta.dirname, '..', '..', 'node_modules', 'dexie', 'dist', 'dexie.min.js')

const perSecond = (count: number, startedAt: number): number => count / ((performance.now() - startedAt) / 1_000)

const openBlank = async (context: BrowserContext, pages: EnginePages): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(`${pages.origin}${blankPath}`)
  return page
}

export const wipeDatabases = async (context: BrowserContext, pages: EnginePages): Promise<void> => {
  const page = await openBlank(context, pages)
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases())
      await new Promise<void>((resolve, reject) => {
        const deletion = indexedDB.deleteDatabase(name ?? '')
        deletion.onsuccess = () => resolve()
        deletion.onerror = () => reject(deletion.error)
      })
  })
  await page.close()
}

/** From the first question for records until the window is told of all of them. */
export const rebuildByEngine = async (context: BrowserContext, pages: EnginePages, main: MainSide, count: number): Promise<number> => {
  let startedAt = Number.NaN
  const read: MainSide['journal']['read'] = (afterSeq, limit) => {
    if (Number.isNaN(startedAt)) startedAt = performance.now()
    return main.journal.read(afterSeq, limit)
  }
  const engine = await pages.openIn(context, { ...main, journal: { ...main.journal, read } })
  try {
    await engine.untilView((v) => v.counts.captured === count)
    const rate = perSecond(count, startedAt)
    const { lax } = await engine.writes()
    if (lax > 0) throw new Error(`${lax} writes were not strictly durable`)
    const stored = await engine.count('records')
    if (stored !== count) throw new Error(`the local database holds ${stored} records, not ${count}`)
    return rate
  } finally {
    await engine.closePage()
  }
}

interface RawDexie {
  new (
    name: string,
    options: { chromeTransactionDurability: string },
  ): {
    version(n: number): { stores(tables: Record<string, string>): void }
    table(name: string): { bulkAdd(docs: unknown[]): Promise<unknown>; count(): Promise<number> }
    close(): void
  }
}

/** The same documents, in the browser's memory before the clock starts; a table with the indexes that the agent itself needs. */
export const fillByDexie = async (
  context: BrowserContext,
  pages: EnginePages,
  main: MainSide,
  count: number,
  pageSize: number,
): Promise<number> => {
  const page = await openBlank(context, pages)
  try {
    await page.addScriptTag({ path: dexieBundle })
    let tally = { transactions: 0, quarantined: 0 }
    for (let afterSeq = 0; afterSeq < count; afterSeq += pageSize) {
      const docs = recordDocs(await main.journal.read(afterSeq, pageSize), tally)
      tally = docs.at(-1)?.tally ?? tally
      await page.evaluate((text) => {
        const held = window as never as { pages?: unknown[][] }
        held.pages = [...(held.pages ?? []), JSON.parse(text) as unknown[]]
      }, JSON.stringify(docs))
    }
    const { seconds, stored } = await page.evaluate(async () => {
      const { Dexie, pages: held } = window as never as { Dexie: RawDexie; pages: unknown[][] }
      const db = new Dexie('raw', { chromeTransactionDurability: 'strict' })
      db.version(1).stores({ docs: 'id, [kind+id]' })
      const started = performance.now()
      for (const docs of held) await db.table('docs').bulkAdd(docs)
      const seconds = (performance.now() - started) / 1_000
      const stored = await db.table('docs').count()
      db.close()
      return { seconds, stored }
    })
    if (stored !== count) throw new Error(`Dexie holds ${stored} documents, not ${count}`)
    return count / seconds
  } finally {
    await page.close()
  }
}
