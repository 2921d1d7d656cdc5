/** The ERP of the demo: a real Tryton where it can be had, else the reference ERP, which says that it is a stand-in. */
import type { ErpConfig } from '#hub/config.ts'
import type { AuditedSale } from './audit.ts'

export interface DemoErp {
  access: Exclude<ErpConfig, { kind: 'none' }>
  label: string
  /** All completed sales documents, by reference, counted by the ERP itself. */
  documents(): Promise<AuditedSale[]>
  /** Sets an item's shelf price, tax included, the way a buyer would in the ERP. */
  changePrice(itemId: string, amountMinor: number): Promise<void>
  stop(): Promise<void>
}
