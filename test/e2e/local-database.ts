/** Looks into the agent's IndexedDB through Chromium's own debugging port: what RxDB really holds, not what the engine says. */
import type { AuditedSale } from '#demo/audit.ts'
import { naturalKeyOf, transactionSchema } from '#sync/contract/transaction.ts'
import { chromium } from 'playwright'

/** Runs in the engine window. */
const readTransactionPayloads = async (): Promise<string[]> => {
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const found = (await indexedDB.databases()).find(({ name }) => name?.includes('tideline') && name.endsWith('records'))
  if (!found?.name) return []
  const database = await settled(indexedDB.open(found.name))
  const rows = await settled<{ kind: string; record: { payload: string } }[]>(database.transaction('docs').objectStore('docs').getAll())
  database.close()
  return rows.filter((row) => row.kind === 'transaction').map((row) => row.record.payload)
}

export const localDatabaseSales = async (debuggingPort: number): Promise<AuditedSale[]> => {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${debuggingPort}`)
  try {
    const engine = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((page) => page.url().startsWith('app://agent/engine/'))
    if (!engine) throw new Error('the engine window is not there')
    const payloads = await engine.evaluate(readTransactionPayloads)
    return payloads.map((payload) => {
      const transaction = transactionSchema.parse(JSON.parse(payload))
      return { key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor }
    })
  } finally {
    await browser.close()
  }
}
