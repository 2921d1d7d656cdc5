/** How an ERP is reached. */
export interface ErpAccess {
  url: string
  user: string
  password: string
  database: string
}
export type ErpSettings = ({ kind: 'tryton' | 'reference' } & ErpAccess) | { kind: 'none' }
