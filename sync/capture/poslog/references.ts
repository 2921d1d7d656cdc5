/** `TransactionLink` and order numbers: what other transactions this one has to do with, as fully as the till names them. */
import { type Reference, referenceSchema } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import type { ReceiptRow } from './receipt-rows.ts'
import { attributeOf, childOf, childrenOf, textOf, textOfAny, type XmlNode } from './xml-node.ts'

type Relation = Reference['relation']

const orderNames = ['SpecialOrderNumber', 'OrderID', 'CustomerOrderID']
const reservationNames = ['InventoryReservationID', 'SpecialOrderNumber']
const documentNames = ['TransactionID', 'ReceiptNumber', 'InvoiceNumber']

const relations: readonly [RegExp, Relation][] = [
  [/void/i, 'voids'],
  [/resum|suspend|recall|retriev/i, 'resumes'],
  [/order|layaway|pick ?up/i, 'order'],
  [/return|refund|original/i, 'return-of'],
]

export const readReferences = (body: XmlNode, kind: string, goods: readonly ReceiptRow[], fields: FieldReader): Reference[] => {
  const found = childrenOf(body, 'TransactionLink').flatMap(
    (link) => readLink(link, kind === 'post-void' ? 'voids' : undefined, fields) ?? [],
  )
  const order = textOfAny(body, orderNames) ?? reservationOf(goods)
  if (order !== undefined && !found.some((one) => one.relation === 'order'))
    found.push({ relation: 'order', documentId: order.slice(0, 100) })
  return found
}

/** Ordered goods, whose elements have longer names than `Return`, name their order themselves. */
const reservationOf = (goods: readonly ReceiptRow[]): string | undefined => {
  for (const { node } of goods) {
    const number = node.local.length > 6 ? textOfAny(node, reservationNames) : undefined
    if (number !== undefined) return number
  }
  return undefined
}

/** What a returned line came from. */
export const readOriginal = (goods: XmlNode, fields: FieldReader): Reference | undefined => {
  const link = childOf(goods, 'TransactionLink')
  return link ? readLink(link, 'return-of', fields) : undefined
}

/** A reference that cannot be read must not hold up the sale: it is left out, and the till's answer says so. */
const readLink = (link: XmlNode, otherwise: Relation | undefined, fields: FieldReader): Reference | undefined => {
  const reason = attributeOf(link, 'ReasonCode') ?? attributeOf(link, 'TypeCode') ?? ''
  const relation = relations.find(([pattern]) => pattern.test(reason))?.[1] ?? otherwise
  if (relation === undefined) return undefined
  const number = textOf(link, 'SequenceNumber')
  const line = textOf(link, 'LineItemSequenceNumber')
  const day = textOf(link, 'BusinessDayDate')?.slice(0, 10)
  const documentId = textOfAny(link, documentNames)
  const read = referenceSchema.safeParse({
    relation,
    ...given('storeId', textOf(link, 'RetailStoreID') ?? textOf(childOf(link, 'BusinessUnit'), 'UnitID')),
    ...given('workstationId', textOf(link, 'WorkstationID')),
    ...given('businessDay', day),
    ...given('sequenceNumber', number === undefined ? undefined : Number(number)),
    ...given('lineNumber', line === undefined ? undefined : Number(line)),
    ...given('documentId', documentId),
  })
  if (read.success) return read.data
  fields.warn(`TransactionLink: ${read.error.issues[0]?.path.join('.') ?? ''} cannot be read, and the reference was left out`)
  return undefined
}

const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>)
