/** Tryton (tested with 6.0) as an ERP: sales by reference, catalogue by write date. */
import type { ErpAccess } from '../../access.ts'
import { type ErpConnector, ErpUnavailable } from '../../connector.ts'
import { batchSize, postSales } from './batch.ts'
import { pullProducts } from './items.ts'
import { createMasters } from './masters.ts'
import { createTrytonRpc, TrytonFault } from './rpc.ts'
import { findSale, postSale } from './sale.ts'
import { readTrytonStock } from './stock.ts'

export interface TrytonOptions {
  timeoutMs?: number
}

export const createTrytonConnector = (access: ErpAccess, { timeoutMs = 30_000 }: TrytonOptions = {}): ErpConnector => {
  const rpc = createTrytonRpc(access, timeoutMs)
  const masters = createMasters(rpc)
  return {
    name: 'tryton',
    async ping() {
      try {
        const company = await masters.company()
        const version = company.ok ? await rpc.version() : company
        return version.ok
          ? { reachable: true, message: `Tryton ${version.value} answers.` }
          : { reachable: false, message: version.failure.message }
      } catch (cause) {
        if (cause instanceof TrytonFault) return { reachable: false, message: cause.message }
        throw cause
      }
    },
    post: (posting) => postSale(rpc, masters, posting),
    batch: { size: batchSize, post: (postings) => postSales(rpc, masters, postings) },
    async find(key) {
      const found = await findSale(rpc, masters, key)
      if (!found.ok) throw new ErpUnavailable(found.failure.message)
      return found.value
    },
    async pullItems(cursor) {
      const company = await masters.company()
      if (!company.ok) throw new ErpUnavailable(company.failure.message)
      return pullProducts(rpc, masters, company.value, cursor)
    },
    readStock: (storeId) => readTrytonStock(rpc, masters, storeId),
    close: async () => undefined,
  }
}
