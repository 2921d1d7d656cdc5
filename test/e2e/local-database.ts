/** Looks into the agent's IndexedDB through Chromium's own debugging port: what RxDB really holds, not what the engine says. */
import type { AuditedSale } from '#demo/audit.ts'
import { naturalKeyOf, transactionSchema } from '#sync/contract/transaction.ts'
import { chromium, type Page } from 'playwright'

/** Runs in the engine window. */
const readTransactionPayloads = async (incarnation: string): Promise<string[]> => {
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const found = (await indexedDB.databases()).find(({ name }) => name?.includes('tideline') && name.endsWith('records'))
  if (!found?.name) return []
  const database = await settled(indexedDB.open(found.name))
  const rows = await settled<{ kind: string; record: { incarnation: string; payload: string } }[]>(
    database.transaction('docs').objectStore('docs').getAll(),
  )
  database.close()
  return rows.filter((row) => row.kind === 'transaction' && row.record.incarnation === incarnation).map((row) => row.record.payload)
}

/** One of the running agent's windows, over Chromium's debugging port. */
export const withWindow = async <Answer>(
  debuggingPort: number,
  role: 'engine' | 'manager',
  look: (page: Page) => Promise<Answer>,
): Promise<Answer> => {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${debuggingPort}`)
  try {
    const window = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((page) => page.url().startsWith(`app://agent/${role}/`))
    if (!window) throw new Error(`the ${role} window is not there`)
    return await look(window)
  } finally {
    await browser.close()
  }
}

/** Of one life of the journal: those of former lives stay beside it. */
export const localDatabaseSales = async (debuggingPort: number, incarnation: string): Promise<AuditedSale[]> => {
  const payloads = await withWindow(debuggingPort, 'engine', (engine) => engine.evaluate(readTransactionPayloads, incarnation))
  return payloads.map((payload) => {
    const transaction = transactionSchema.parse(JSON.parse(payload))
    return { key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor }
  })
}
