/** The two ways a browser's local database is filled with one journal: the engine's page, and Dexie as it is. Each gives records a second. */
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
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
    await engine.untilView((v) => v.counts.captured === count && v.rebuild === undefined)
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

/** `same`: the rows and indexes that the engine's own table has. `lean`: without RxDB's fields, and with the one index that the agent asks by. */
export type Layout = 'same' | 'lean'

interface RawDexie {
  new (
    name: string,
    options: { chromeTransactionDurability: string },
  ): {
    version(n: number): { stores(tables: Record<string, string>): void }
    table(name: string): { bulkAdd(docs: unknown[]): Promise<unknown>; count(): Promise<number> }
    close(): void
    delete(): Promise<void>
  }
}

interface Held {
  Dexie: RawDexie
  schema: string
  pages: Record<string, unknown>[][]
}

/** A page that holds in memory what the engine wrote: its rows, page by page, and its table's indexes. */
export const holdEngineRows = async (
  context: BrowserContext,
  pages: EnginePages,
  pageSize: number,
  collection = 'records',
): Promise<Page> => {
  const page = await openBlank(context, pages)
  await page.addScriptTag({ path: dexieBundle })
  await page.evaluate(
    async ([size, name]) => {
      const done = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(request.error)
        })
      const db = await done(indexedDB.open(`rxdb-dexie-tideline--0--${name}`))
      const store = () => db.transaction('docs').objectStore('docs')
      const held = window as never as Held
      held.schema = ['id', ...store().indexNames].join(', ')
      held.pages = []
      for (let after = ''; ;) {
        const rows = (await done(store().getAll(IDBKeyRange.lowerBound(after, true), size))) as Record<string, unknown>[]
        if (rows.length === 0) break
        held.pages.push(rows)
        after = String(rows.at(-1)?.['id'])
      }
      db.close()
    },
    [pageSize, collection] as const,
  )
  return page
}

export const fillByDexie = async (page: Page, layout: Layout, count: number): Promise<number> => {
  const { seconds, stored } = await page.evaluate(async (wanted) => {
    const { Dexie, pages, schema } = window as never as Held
    const lean = wanted === 'lean'
    const docs = lean ? pages.map((rows) => rows.map(({ id, kind, record, tally }) => ({ id, kind, record, tally }))) : pages
    const db = new Dexie('raw', { chromeTransactionDurability: 'strict' })
    db.version(1).stores({ docs: lean ? 'id, [kind+id]' : schema })
    const table = db.table('docs')
    await table.count()
    const started = performance.now()
    for (const rows of docs) await table.bulkAdd(rows)
    const taken = (performance.now() - started) / 1_000
    const there = await table.count()
    await db.delete()
    return { seconds: taken, stored: there }
  }, layout)
  if (stored !== count) throw new Error(`Dexie holds ${stored} documents, not ${count}`)
  return count / seconds
}
