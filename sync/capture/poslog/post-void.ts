/**
 * A post-void takes a sale back, so its lines, taxes and tenders are negative. Some tills print it so; others print the sale once more,
 * with the totals turned or with everything as it was. A post-void of a return is told only by totals that contradict its lines.
 */
import type { LineItem, Transaction } from '../../contract/transaction.ts'

type Turnable = Pick<Transaction, 'lineItems' | 'tenders' | 'taxes' | 'totals' | 'discounts'>

export const turnPostVoid = <T extends Turnable>(read: T): T => {
  const lines = sum(read.lineItems.map((line) => (line.voided ? 0 : line.amountMinor)))
  const { grandMinor, netMinor, taxMinor, roundingMinor } = read.totals
  const linesContradict = Math.sign(lines) * Math.sign(grandMinor) < 0
  const sign = !linesContradict && grandMinor > 0 ? -1 : Math.sign(grandMinor)
  if (sign === 0) return read
  const toward = (total: number): number => (Math.sign(total) * sign < 0 ? -total : total)
  const turnsLines = linesContradict || grandMinor > 0
  const turnsTenders = Math.sign(sum(read.tenders.map((tender) => (tender.voided ? 0 : tender.amountMinor)))) * sign < 0
  const turnsTaxes = Math.sign(sum(read.taxes.map((tax) => tax.taxMinor || tax.taxableMinor))) * sign < 0
  return {
    ...read,
    lineItems: turnsLines ? read.lineItems.map(turnLine) : read.lineItems,
    tenders: turnsTenders
      ? read.tenders.map((tender) => ({
          ...tender,
          amountMinor: 0 - tender.amountMinor,
          ...(tender.foreign === undefined ? {} : { foreign: { ...tender.foreign, amountMinor: 0 - tender.foreign.amountMinor } }),
        }))
      : read.tenders,
    taxes: turnsTaxes ? read.taxes.map((tax) => ({ ...tax, taxableMinor: 0 - tax.taxableMinor, taxMinor: 0 - tax.taxMinor })) : read.taxes,
    totals: {
      netMinor: toward(netMinor),
      taxMinor: toward(taxMinor),
      grandMinor: toward(grandMinor),
      ...(roundingMinor === undefined ? {} : { roundingMinor: grandMinor * sign < 0 ? 0 - roundingMinor : roundingMinor }),
    },
    ...(read.discounts === undefined ? {} : { discounts: read.discounts.map((one) => ({ ...one, amountMinor: toward(one.amountMinor) })) }),
  }
}

const turnLine = (line: LineItem): LineItem => ({
  ...line,
  kind: line.kind === 'sale' ? 'return' : 'sale',
  quantityMilli: 0 - line.quantityMilli,
  discountMinor: 0 - line.discountMinor,
  amountMinor: 0 - line.amountMinor,
})

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
