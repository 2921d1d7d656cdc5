/** Real tills' files, and what must be understood of them. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import { readDocument } from '../dialects.ts'

const sample = (name: string): string => readFileSync(new URL(`../../../test/fixtures/poslog/${name}.xml`, import.meta.url), 'utf8')
const read = (text: string, storeId: string, currency: string): Transaction[] =>
  readDocument(text, { storeId: storeIdSchema.parse(storeId), currency: currencySchema.parse(currency), timeZone: 'UTC' }).map((item) => {
    if (item.outcome === 'quarantined') throw new Error(JSON.stringify(item.reasons))
    return item.transaction
  })

describe('NCR ACS 2.1', () => {
  const [signOn, sale] = read(sample('poslog-2.1-ncr-acs'), '9', 'USD')

  it('reads the sign-on', () => {
    expect(signOn).toMatchObject({
      kind: 'sign-on',
      workstationId: '34',
      sequenceNumber: 160,
      businessDay: '2017-09-30',
      endedAt: '2017-10-01T02:01:31',
      operatorId: '94',
      lineItems: [],
    })
  })

  it('[CAP10] reads the sale, its loyalty reward taken off the line that it names', () => {
    expect(sale?.lineItems).toEqual([
      {
        lineNumber: 1,
        kind: 'sale',
        itemId: '00000000067591',
        barcode: '00000000067591',
        description: 'APPLE HONEYCRISP ORG',
        quantityMilli: 420,
        unit: 'each',
        unitPriceMinor: 299,
        discountMinor: 19,
        amountMinor: 107,
        voided: false,
      },
    ])
    expect(sale?.tenders).toEqual([{ lineNumber: 2, kind: 'card', amountMinor: 107, voided: false }])
    expect(sale?.totals).toEqual({ netMinor: 107, taxMinor: 0, grandMinor: 107 })
    expect(sale && receiptDifference(sale)).toBeNull()
  })

  it("keeps the vendor's extensions raw", () => {
    expect(sale?.extensions?.['RetailTransaction/acs:ItemCount']).toBe('<acs:ItemCount>1</acs:ItemCount>')
    expect(sale?.extensions?.['RetailTransaction/LineItem[1]/@acs:weightItem']).toBe('true')
  })
})

describe('Wincor-Nixdorf 2.2', () => {
  it('reads a void that adds up to nothing: the voiding line and the line it takes back', () => {
    const [sale] = read(sample('poslog-2.2-wincor-nixdorf'), '502', 'AED')
    expect(sale?.lineItems.map((l) => [l.lineNumber, l.amountMinor, l.barcode, l.voided])).toEqual([
      [3, 2100, '0000000000121', true],
      [4, 2100, '0000000000721', true],
    ])
    expect(sale?.totals.grandMinor).toBe(0)
    expect(sale && receiptDifference(sale)).toBeNull()
    expect(sale?.extensions?.['WN:SessionID']).toContain('502:2:2701:110219:20180712')
  })
})

describe('IXRetail stock view', () => {
  it('reads a sale without totals and tenders, and does not pretend that it was paid', () => {
    const [sale] = read(sample('poslog-stockview-ixretail'), 'HighStreet', 'USD')
    expect(sale).toMatchObject({
      kind: 'sale',
      sequenceNumber: 4_294_967_295,
      totals: { netMinor: 489, taxMinor: 0, grandMinor: 489 },
      tenders: [],
    })
    expect(sale?.lineItems[0]).toMatchObject({ quantityMilli: 3_000, unitPriceMinor: 163, amountMinor: 489, itemId: 'CA7865' })
    expect(sale && receiptDifference(sale)?.tenderedMinor).toBe(0)
    expect(sale?.extensions?.['@xsi:type']).toBe('RetailTransactionStockView')
  })
})

describe('what else tills write', () => {
  const transaction = (body: string, attributes = ''): string =>
    `<p:POSLog xmlns:p="http://www.nrf-arts.org/IXRetail/namespace"><p:Wrapper><p:Transaction ${attributes}><p:BusinessUnit><p:UnitID>9</p:UnitID></p:BusinessUnit>
     <p:WorkstationID>1</p:WorkstationID><p:SequenceNumber>7</p:SequenceNumber><p:BusinessDayDate>2026-01-31T00:00:00</p:BusinessDayDate><p:EndDateTime>2026-01-31T08:15:00</p:EndDateTime>${body}</p:Transaction></p:Wrapper></p:POSLog>`
  const line = (n: number, kind: string, qty: string, amount: string, more = '', attributes = ''): string =>
    `<p:LineItem ${attributes}><p:SequenceNumber>${n}</p:SequenceNumber><p:${kind}><p:ItemID>A</p:ItemID><p:RegularSalesUnitPrice>2.00</p:RegularSalesUnitPrice><p:ExtendedAmount>${amount}</p:ExtendedAmount><p:Quantity>${qty}</p:Quantity>${more}</p:${kind}></p:LineItem>`
  const grand = (amount: string): string => `<p:Total TotalType="TransactionGrandAmount">${amount}</p:Total>`
  const one = (body: string, attributes?: string): Transaction => {
    const [first] = read(transaction(body, attributes), '9', 'USD')
    if (!first) throw new Error('nothing read')
    return first
  }
  const retail = (body: string): string => `<p:RetailTransaction>${body}</p:RetailTransaction>`

  it('prefixes, BusinessUnit, a wrapper, the namespace without its slash, no currency', () => {
    expect(one(retail(line(1, 'Sale', '1', '2.00')))).toMatchObject({
      storeId: '9',
      currency: 'USD',
      businessDay: '2026-01-31',
      kind: 'sale',
    })
  })

  it.each([
    ['negative and unlinked', line(2, 'Sale', '-1', '-2.00', '', 'VoidFlag="true"'), '2.00'],
    ['positive and unlinked', line(2, 'Sale', '1', '2.00', '', 'VoidFlag="true"'), '2.00'],
    ['linked', line(2, 'Sale', '1', '2.00', '<p:ItemLink>1</p:ItemLink>', 'VoidFlag="true"'), '2.00'],
  ])('a voiding line, %s, takes one line back', (_name, voiding, total) => {
    const read = one(retail(line(1, 'Sale', '1', '2.00') + voiding + line(3, 'Sale', '1', '2.00') + grand(total)))
    expect(read.lineItems.map((l) => l.voided)).toEqual([true, true, false])
  })

  it('a line voided by itself takes nothing else back', () => {
    const read = one(retail(line(1, 'Sale', '1', '2.00') + line(2, 'Sale', '1', '2.00', '', 'VoidFlag="true"') + grand('2.00')))
    expect(read.lineItems.map((l) => l.voided)).toEqual([false, true])
  })

  it.each(['3.00', '-3.00'])('change of %s leaves the drawer', (change) => {
    const read = one(
      retail(
        `${line(1, 'Sale', '1', '2.00')}<p:LineItem><p:SequenceNumber>2</p:SequenceNumber><p:Tender TenderType="Cash"><p:Amount>5.00</p:Amount><p:TenderChange><p:Amount>${change}</p:Amount></p:TenderChange></p:Tender></p:LineItem>${grand('2.00')}`,
      ),
    )
    expect(read.tenders.map((t) => t.amountMinor)).toEqual([500, -300])
    expect(receiptDifference(read)).toBeNull()
  })

  it.each([
    ['1', '2.00'],
    ['-1', '-2.00'],
  ])('a return of %s for %s is negative', (quantity, amount) => {
    expect(one(retail(line(1, 'Return', quantity, amount) + grand('-2.00')))).toMatchObject({
      kind: 'return',
      lineItems: [{ quantityMilli: -1000, amountMinor: -200 }],
    })
  })

  it('tax on top, per line or as a line of its own, once', () => {
    const tax =
      '<p:Tax><p:TaxRuleID>V</p:TaxRuleID><p:TaxableAmount>2.00</p:TaxableAmount><p:Amount>0.50</p:Amount><p:Percent>25</p:Percent></p:Tax>'
    for (const body of [line(1, 'Sale', '1', '2.00', tax), `${line(1, 'Sale', '1', '2.00', tax)}<p:LineItem>${tax}</p:LineItem>`]) {
      const read = one(retail(body + grand('2.50')))
      expect(read.taxes).toEqual([{ code: 'V', rateMicro: 250_000, taxableMinor: 200, taxMinor: 50, inclusive: false }])
      expect(read.totals).toEqual({ netMinor: 200, taxMinor: 50, grandMinor: 250 })
    }
  })

  it('tax in the total alone', () => {
    const total = '<p:Total TotalType="TransactionTaxAmount">0.50</p:Total>'
    expect(one(retail(line(1, 'Sale', '1', '2.00') + total + grand('2.50'))).taxes).toEqual([
      { code: 'total', taxableMinor: 200, taxMinor: 50, inclusive: false },
    ])
    expect(one(retail(line(1, 'Sale', '1', '2.00') + total + grand('2.00'))).taxes[0]?.inclusive).toBe(true)
  })

  it.each([
    [retail(line(1, 'Sale', '1', '2.00')), 'TrainingModeFlag="true"', 'training'],
    [retail(line(1, 'Sale', '1', '2.00')), 'CancelFlag="1"', 'cancelled'],
    ['<p:RetailTransaction TransactionStatus="Suspended"/>', '', 'suspended'],
    [retail(line(1, 'Sale', '1', '2.00') + line(2, 'Return', '1', '2.00')), '', 'exchange'],
    ['<p:ControlTransaction><p:NoSale/></p:ControlTransaction>', '', 'no-sale'],
    ['<p:ControlTransaction><p:OperatorSignOff/></p:ControlTransaction>', '', 'sign-off'],
    ['<p:ControlTransaction><p:BusinessEOD/></p:ControlTransaction>', '', 'day-close'],
    ['<p:TenderControlTransaction><p:PaidOut><p:Amount>5.00</p:Amount></p:PaidOut></p:TenderControlTransaction>', '', 'paid-out'],
    ['<p:InventoryControlTransaction/>', '', 'other'],
  ])('%.60s %s is %s', (body, attributes, kind) => {
    expect(one(body, attributes).kind).toBe(kind)
  })

  it("a vendor's element does not stand in for the standard's of the same name", () => {
    const read = one(
      retail(line(1, 'Sale', '1', '2.00').replace('<p:ExtendedAmount>', '<wn:ExtendedAmount>9.99</wn:ExtendedAmount><p:ExtendedAmount>')),
    )
    expect(read.lineItems[0]?.amountMinor).toBe(200)
  })

  it('[CAP17] a weight finer than a thousandth is rounded, money finer than the currency refused', () => {
    expect(one(retail(line(1, 'Sale', '0.4205', '2.00'))).lineItems[0]?.quantityMilli).toBe(421)
    const [item] = readDocument(transaction(retail(line(1, 'Sale', '1', '2.005'))), {
      ...{ storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' },
    })
    expect(item).toMatchObject({ outcome: 'quarantined', claimed: { workstationId: '1', businessDay: '2026-01-31', sequenceNumber: 7 } })
  })

  it.each([
    ['2026-01-31T23:30:00Z', '2026-02-01'],
    ['2026-01-31T23:30:00', '2026-01-31'],
    ['2026-01-31T23:30:00-05:00', '2026-01-31'],
  ])('a business day that is not stated is the local date: %s', (time, day) => {
    const text = transaction('<p:ControlTransaction><p:NoSale/></p:ControlTransaction>')
      .replace(/<p:BusinessDayDate>.*?<.p:BusinessDayDate>/, '')
      .replace('2026-01-31T08:15:00</p:EndDateTime>', `${time}</p:EndDateTime>`)
    const hints = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'Europe/Stockholm' }
    expect(readDocument(text, hints)).toMatchObject([{ transaction: { businessDay: day, endedAt: time } }])
  })

  it('a post-void of a return, told by totals that contradict its lines', () => {
    const read = one(
      `<p:RetailTransaction TransactionStatus="PostVoided">${line(1, 'Return', '1', '2.00')}${grand('2.00')}</p:RetailTransaction>`,
    )
    expect(read).toMatchObject({
      kind: 'post-void',
      lineItems: [{ kind: 'sale', quantityMilli: 1_000, amountMinor: 200 }],
      totals: { grandMinor: 200 },
    })
  })

  it('money paid out is negative, paid in positive', () => {
    const paid = (name: string): number | undefined =>
      one(`<p:TenderControlTransaction><p:${name}><p:Amount>5.00</p:Amount></p:${name}></p:TenderControlTransaction>`).tenders[0]
        ?.amountMinor
    expect([paid('PaidOut'), paid('PaidIn'), paid('TenderPickup'), paid('TenderLoan')]).toEqual([-500, 500, -500, 500])
  })
})
