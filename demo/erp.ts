/** The ERP of the demo: a real Tryton where it can be had, else the reference ERP, which says that it is a stand-in. */
import type { ErpConfig } from '#hub/config.ts'
import { ensureSystem } from '../scripts/system.ts'
import type { AuditedSale } from './audit.ts'
import type { DemoOptions } from './options.ts'
import { openReferenceAdmin } from './reference-erp/admin.ts'
import { spawnReferenceErp } from './reference-erp/process.ts'
import { openTrytonAdmin } from './tryton/admin.ts'
import { startTryton } from './tryton/tryton.ts'

export interface DemoErp {
  access: Exclude<ErpConfig, { kind: 'none' }>
  label: string
  /** All completed sales documents, by reference, counted by the ERP itself. */
  documents(): Promise<AuditedSale[]>
  /** Sets an item's shelf price, tax included, the way a buyer would in the ERP. */
  changePrice(itemId: string, amountMinor: number): Promise<void>
  /** What the ERP has of each of these items at the store before anything is sold, in thousandths: all the same. */
  openingStock(storeId: string, itemIds: readonly string[]): Promise<number>
  stop(): Promise<void>
  /** As a power cut would. */
  kill(): Promise<void>
}

interface BookedDocument {
  reference: string
  complete: boolean
  totalMinor: number
}

const referenceOpeningMilli = 400_000
/** The inventory that seed.py books at each store. */
const trytonOpeningMilli = 100_000_000

const completed = (documents: readonly BookedDocument[]): AuditedSale[] =>
  documents.filter((document) => document.complete).map(({ reference, totalMinor }) => ({ key: reference, grandMinor: totalMinor }))

export interface ReferenceErpManners {
  latencyMs: number
  faultRate: number
  ratePerSecond?: number
}

/** On the same folder it has the same books as before. */
export const openReferenceErp = async (dir: string, port: number, manners: ReferenceErpManners): Promise<DemoErp> => {
  const erp = await spawnReferenceErp({ dataDir: dir, port, ...manners })
  const admin = openReferenceAdmin(erp)
  return {
    access: { kind: 'reference', url: erp.url, user: erp.user, password: erp.password, database: erp.database },
    label: 'reference ERP (a stand-in: slow, rate-limited, failing now and then)',
    documents: async () => completed(await admin.documents()),
    changePrice: async (itemId, amountMinor) => void (await admin.setPrice(itemId, amountMinor)),
    openingStock: async (storeId, itemIds) => {
      for (const itemId of itemIds) await admin.addStock(storeId, itemId, referenceOpeningMilli)
      return referenceOpeningMilli
    },
    stop: () => erp.stop(),
    kill: () => erp.kill(),
  }
}

const openTryton = async (dir: string, say: (line: string) => void): Promise<DemoErp> => {
  const erp = await startTryton({ dataDir: dir, log: say })
  const admin = await openTrytonAdmin(erp)
  return {
    access: { kind: 'tryton', url: erp.url, user: erp.user, password: erp.password, database: erp.database },
    label: 'Tryton (real)',
    documents: async () => completed(await admin.documents()),
    changePrice: (itemId, amountMinor) => admin.setShelfPrice(itemId, amountMinor),
    openingStock: () => Promise.resolve(trytonOpeningMilli),
    stop: () => erp.stop(),
    kill: () => erp.kill(),
  }
}

const demoManners: ReferenceErpManners = { latencyMs: 120, faultRate: 0.03, ratePerSecond: 20 }

export const chooseErp = async (wanted: DemoOptions['erp'], dir: string, say: (line: string) => void): Promise<DemoErp> => {
  if (wanted !== 'reference') {
    const system = await ensureSystem(['tryton'])
    if (system.kind === 'ready') {
      say('Starting the ERP: a real Tryton')
      return openTryton(dir, say)
    }
    if (wanted === 'tryton') throw new Error(system.hint)
    say(`No Tryton here, so the reference ERP stands in. ${system.hint}`)
  }
  say('Starting the reference ERP: a stand-in that is slow, rate-limited and fails now and then')
  return openReferenceErp(dir, 0, demoManners)
}
