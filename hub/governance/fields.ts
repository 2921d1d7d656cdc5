/** Every field that stores, ERP, channels and hub share, with its owner. docs/fields.md is made of it: `npm run fields`. */
import { assortmentEntrySchema, itemSchema, priceSchema, storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { stockDocumentSchema, stockLineSchema } from '#sync/contract/stock-document.ts'
import {
  lineItemSchema,
  receiptDiscountSchema,
  referenceSchema,
  taxSchema,
  tenderSchema,
  tillTotalsSchema,
  transactionSchema,
} from '#sync/contract/transaction.ts'
import { reservationAskSchema, reservationLineSchema } from '../api/reservations.ts'
import { ruleSchema } from '../availability/rules/rule.ts'
import { mappingRowSchema } from '../identity/mapping-entry.ts'
import { taxRateSchema } from '../tax/rate.ts'
import { type FieldRule, own, type OwnedSchema } from './field-rules.ts'

const till: FieldRule = { owner: 'till', mayChange: 'nobody; the till corrects by another transaction', way: 'record' }
const store: FieldRule = { owner: 'store', mayChange: 'nobody; the store corrects by another document', way: 'record' }
const erp: FieldRule = { owner: 'ERP', mayChange: 'the ERP’s users', way: 'pull' }
const priced: FieldRule = { owner: 'ERP', mayChange: 'the ERP’s users; the hub’s operators by a price of their own', way: 'pull' }
const operator: FieldRule = { owner: 'hub', mayChange: 'the hub’s operators', way: 'feed' }
const given: FieldRule = { owner: 'hub', mayChange: 'nobody', way: 'feed' }
const mapped: FieldRule = { owner: 'entry', mayChange: 'its owner; somebody else by taking it over, by name', way: 'version' }
const taxed: FieldRule = { owner: 'hub', mayChange: 'the hub’s operators', way: 'import' }
const ruled: FieldRule = { owner: 'entry', mayChange: 'its owner; somebody else by taking it over, by name', way: 'rules' }
const channel: FieldRule = { owner: 'channel', mayChange: 'nobody; the channel releases it and reserves anew', way: 'call' }
const lasting: FieldRule = { owner: 'channel', mayChange: 'the channel, by confirming: a soft one becomes a hard one', way: 'call' }

const transaction = 'sync/contract/transaction.ts'
const catalogue = 'sync/contract/catalogue.ts'
const stock = 'sync/contract/stock-document.ts'
const reservations = 'hub/api/reservations.ts'

export const ownedSchemas: readonly OwnedSchema[] = [
  own('Transaction', transaction, transactionSchema, {
    storeId: till,
    workstationId: till,
    businessDay: till,
    sequenceNumber: till,
    kind: till,
    endedAt: till,
    operatorId: till,
    currency: till,
    lineItems: till,
    tenders: till,
    taxes: till,
    totals: till,
    discounts: till,
    references: till,
    reason: till,
    tillTotals: till,
    extensions: till,
  }),
  own('Transaction: line', transaction, lineItemSchema, {
    lineNumber: till,
    kind: till,
    itemId: till,
    barcode: till,
    description: till,
    quantityMilli: till,
    unit: till,
    unitPriceMinor: till,
    discountMinor: till,
    amountMinor: till,
    voided: till,
    original: till,
  }),
  own('Transaction: tender', transaction, tenderSchema, {
    lineNumber: till,
    kind: till,
    amountMinor: till,
    voided: till,
    foreign: till,
  }),
  own('Transaction: tax', transaction, taxSchema, {
    code: till,
    rateMicro: till,
    taxableMinor: till,
    taxMinor: till,
    inclusive: till,
  }),
  own('Transaction: discount of the receipt', transaction, receiptDiscountSchema, { code: till, description: till, amountMinor: till }),
  own('Transaction: reference', transaction, referenceSchema, {
    relation: till,
    storeId: till,
    workstationId: till,
    businessDay: till,
    sequenceNumber: till,
    lineNumber: till,
    documentId: till,
  }),
  own('Transaction: the till’s own totals', transaction, tillTotalsSchema, {
    transactionCount: till,
    grandMinor: till,
    tenders: till,
    taxes: till,
  }),
  own('Item', catalogue, itemSchema, {
    itemId: { ...erp, mayChange: 'nobody: another number is another item' },
    name: erp,
    barcodes: erp,
    unit: erp,
    taxCode: erp,
    taxRateMicro: erp,
  }),
  own('Price', catalogue, priceSchema, {
    priceId: given,
    itemId: given,
    storeId: given,
    amountMinor: priced,
    currency: { ...operator, mayChange: 'nobody: a store sells in one currency' },
    effectiveFrom: priced,
    effectiveTo: priced,
  }),
  own('Assortment', catalogue, assortmentEntrySchema, { storeId: given, itemId: given, listed: erp }),
  own('Store settings', catalogue, storeSettingsSchema, { storeId: given, name: operator, currency: given, timeZone: operator }),
  own('Stock document', stock, stockDocumentSchema, {
    documentId: store,
    documentKind: store,
    storeId: store,
    businessDay: store,
    at: store,
    operatorId: store,
    otherStoreId: store,
    transferId: store,
    reason: store,
    lines: store,
  }),
  own('Stock document: line', stock, stockLineSchema, {
    lineNumber: store,
    itemId: store,
    barcode: store,
    description: store,
    quantityMilli: store,
    unit: store,
  }),
  own('Mapping', 'hub/identity/mapping-entry.ts', mappingRowSchema, {
    list: mapped,
    scope: mapped,
    scopeId: mapped,
    kind: mapped,
    code: mapped,
    target: mapped,
    unit: mapped,
    owner: { ...mapped, mayChange: 'somebody else by taking it over, by name' },
  }),
  own('Tax rate', 'hub/tax/rate.ts', taxRateSchema, {
    jurisdiction: taxed,
    category: taxed,
    rateMicro: taxed,
    effectiveFrom: taxed,
    effectiveTo: taxed,
  }),
  own('Availability rule', 'hub/availability/rules/rule.ts', ruleSchema, {
    ruleId: { ...ruled, mayChange: 'nobody: another id is another rule' },
    kind: ruled,
    itemId: ruled,
    category: ruled,
    storeId: ruled,
    channel: ruled,
    from: ruled,
    until: ruled,
    measure: ruled,
    amount: ruled,
    owner: ruled,
    reason: ruled,
  }),
  own('Reservation', reservations, reservationAskSchema, {
    reservationId: channel,
    kind: lasting,
    channel,
    fill: channel,
    expiresInSeconds: lasting,
    lines: channel,
  }),
  own('Reservation: line', reservations, reservationLineSchema, { itemId: channel, quantityMilli: channel, storeIds: channel }),
]
