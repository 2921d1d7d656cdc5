/**
 * A receipt as the values of a Tryton sale, with every check that Tryton leaves out: lines, warehouse, open accounts,
 * currency, known and salable products, quantities that the unit allows, taxes that agree with the till's.
 */
import { unreachable } from '#sync/contract/assert.ts'
import { amountText, decimalText, fromMinor, minorDigits } from '../../decimal.ts'
import { type ErpLine, type ErpLines, erpLinesOf, rejected } from '../../erp-lines.ts'
import type { Posting } from '../../connector.ts'
import type { ErpAnswer, ErpFailure } from '../wire.ts'
import { priceSale, roundingLimitMinor } from './arithmetic.ts'
import { type Company, type Masters, productOf, roundingCode, type TrytonProduct } from './masters.ts'
import { toDate, toDecimal } from './values.ts'

type Lines = ErpLines & { outcome: 'lines' }
interface KnownLine extends ErpLine {
  product: TrytonProduct
  taxes: NonNullable<TrytonProduct['taxes']>
}

const failed = (failure: ErpFailure): { ok: false; failure: ErpFailure } => ({ ok: false, failure })
const refuse = (code: Parameters<typeof rejected>[0], message: string) => failed(rejected(code, message))

const nameOf = (line: ErpLine): string => `line ${line.lineNumber} (${line.description || line.itemId || line.barcode || 'no name'})`

const knowLine = async (masters: Masters, line: ErpLine): Promise<ErpAnswer<KnownLine>> => {
  const found = await productOf(masters, line)
  if (!found.ok) return found
  const product = found.value
  if (!product)
    return refuse('UNKNOWN_ITEM', `The ERP has no product for ${nameOf(line)}, item ${line.itemId ?? '-'}, barcode ${line.barcode ?? '-'}.`)
  if (!product.salable) return refuse('ERP_REJECTED', `The ERP does not sell the product of ${nameOf(line)}.`)
  if (product.taxes === null) return refuse('ERP_REJECTED', `The taxes of ${nameOf(line)} are not plain percentages in the ERP.`)
  if (product.unitDigits < 3 && line.quantityMilli % 10 ** (3 - product.unitDigits) !== 0)
    return refuse(
      'DOES_NOT_ADD_UP',
      `The ERP counts the product of ${nameOf(line)} with ${product.unitDigits} decimals, the till sold ${line.quantityMilli / 1000}.`,
    )
  return { ok: true, value: { ...line, product, taxes: product.taxes } }
}

const knowLines = async (masters: Masters, lines: readonly ErpLine[]): Promise<ErpAnswer<KnownLine[]>> => {
  const known: KnownLine[] = []
  for (const line of lines) {
    const answer = await knowLine(masters, line)
    if (!answer.ok) return answer
    known.push(answer.value)
  }
  return { ok: true, value: known }
}

const saleLine = (line: KnownLine, unitPrice: string) => ({
  type: 'line',
  product: line.product.id,
  unit: line.product.unit,
  // Tryton's quantity is a JSON number; thousandths up to a million are exact in one.
  quantity: Number(decimalText(BigInt(line.quantityMilli), 3)),
  unit_price: toDecimal(unitPrice),
  taxes: [['add', line.taxes.map((tax) => tax.id)]],
})

const roundingLine = async (masters: Masters, minor: number, currency: string): Promise<ErpAnswer<object[]>> => {
  if (minor === 0) return { ok: true, value: [] }
  const product = await masters.productByCode(roundingCode)
  if (!product.ok) return product
  if (!product.value)
    return refuse(
      'ERP_REJECTED',
      `The ERP's net prices miss the receipt by ${amountText(minor, currency)}, and it has no product ${roundingCode} to carry that.`,
    )
  return {
    ok: true,
    value: [
      {
        type: 'line',
        product: product.value.id,
        unit: product.value.unit,
        quantity: 1,
        unit_price: toDecimal(fromMinor(minor, currency)),
        description: 'Rounding',
      },
    ],
  }
}

const saleLines = async (masters: Masters, { transaction }: Posting, lines: Lines): Promise<ErpAnswer<object[]>> => {
  const { currency, totals, taxes } = transaction
  const known = await knowLines(masters, lines.lines)
  if (!known.ok) return known
  const priced = priceSale(known.value, lines.taxIncluded, totals.grandMinor, minorDigits(currency))
  const limit = roundingLimitMinor(known.value)
  if (taxes.length > 0 && Math.abs(priced.taxMinor - totals.taxMinor) > limit)
    return refuse(
      'DOES_NOT_ADD_UP',
      `The till charged ${amountText(totals.taxMinor, currency)} of tax, the ERP's rates come to ${amountText(priced.taxMinor, currency)}.`,
    )
  if (Math.abs(priced.roundingMinor - lines.roundingMinor) > limit)
    return refuse(
      'DOES_NOT_ADD_UP',
      `The ERP's prices and taxes would miss the receipt's total by ${amountText(priced.roundingMinor, currency)}.`,
    )
  const rounding = await roundingLine(masters, priced.roundingMinor, currency)
  if (!rounding.ok) return rounding
  return {
    ok: true,
    value: [...known.value.map((line, index) => saleLine(line, priced.unitPrices[index] ?? unreachable(line as never))), ...rounding.value],
  }
}

/** The values for `sale.sale.create`, or why there is no sale to make. */
export const draftSale = async (masters: Masters, company: Company, posting: Posting): Promise<ErpAnswer<object>> => {
  const { key, transaction } = posting
  const lines = erpLinesOf(transaction)
  if (lines.outcome === 'rejected') return failed(lines)
  if (transaction.currency !== company.currency)
    return refuse('ERP_REJECTED', `The receipt is in ${transaction.currency}, the ERP's company keeps its books in ${company.currency}.`)
  const warehouse = await masters.warehouse(transaction.storeId)
  if (!warehouse.ok) return warehouse
  if (warehouse.value === null) return refuse('ERP_REJECTED', `The ERP has no warehouse with code ${transaction.storeId}.`)
  const open = await masters.dayIsOpen(transaction.businessDay)
  if (!open.ok) return open
  if (!open.value) return refuse('ERP_REJECTED', `The ERP's accounts are closed for ${transaction.businessDay}.`)
  const values = await saleLines(masters, posting, lines)
  if (!values.ok) return values
  return {
    ok: true,
    value: {
      reference: key,
      description: `Till ${transaction.workstationId}, receipt ${transaction.sequenceNumber}`,
      sale_date: toDate(transaction.businessDay),
      company: company.id,
      party: company.party,
      invoice_address: company.address,
      shipment_address: company.address,
      payment_term: company.paymentTerm,
      warehouse: warehouse.value,
      invoice_method: 'shipment',
      shipment_method: 'order',
      lines: [['create', values.value]],
    },
  }
}
