/** A till's body of about 1 kB, as a sale of three lines is. */
import { saleOf } from '../fixtures/transactions.ts'

export const saleBody = (n: number): string => {
  const [line] = saleOf(n).lineItems
  const lineItems = [1, 2, 3].map((lineNumber) => ({ ...line, lineNumber, description: `Assam loose leaf tea, tin number ${n}` }))
  return JSON.stringify(saleOf(n, { lineItems }))
}
