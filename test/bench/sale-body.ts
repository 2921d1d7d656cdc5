/** A till's body of about 1 kB, as a sale of three lines is. It adds up: what does not is an exception, and costs more than a sale. */
import { saleOf } from '../fixtures/transactions.ts'

export const saleBody = (n: number): string => {
  const plain = saleOf(n)
  const [line] = plain.lineItems
  const [tender] = plain.tenders
  const [tax] = plain.taxes
  const { netMinor, taxMinor, grandMinor } = plain.totals
  return JSON.stringify({
    ...plain,
    lineItems: [1, 2, 3].map((lineNumber) => ({ ...line, lineNumber, description: `Assam loose leaf tea, tin number ${n}` })),
    tenders: [{ ...tender, lineNumber: 4, amountMinor: 3 * grandMinor }],
    taxes: [{ ...tax, taxableMinor: 3 * netMinor, taxMinor: 3 * taxMinor }],
    totals: { netMinor: 3 * netMinor, taxMinor: 3 * taxMinor, grandMinor: 3 * grandMinor },
  })
}
