/** The number that a faulty transaction bears, as far as it can be read: it explains a gap in the till's sequence. */
import { type ClaimedNumber, claimedNumberSchema } from '../../contract/record.ts'
import { localDateOf, readBusinessDay, readEndedAt } from './business-day.ts'
import { textOf, type XmlNode } from './xml-node.ts'

const claim = (workstationId?: string, businessDay?: string, number?: string): ClaimedNumber | undefined => {
  if (number === undefined || !/^\d{1,10}$/.test(number)) return undefined
  const read = claimedNumberSchema.safeParse({ workstationId, businessDay, sequenceNumber: Number(number) })
  return read.success ? read.data : undefined
}

export const claimedNumber = (node: XmlNode, timeZone: string): ClaimedNumber | undefined =>
  claim(
    textOf(node, 'WorkstationID'),
    readBusinessDay(node) ?? localDateOf(readEndedAt(node, node), timeZone),
    textOf(node, 'SequenceNumber'),
  )

/** Of text that is not well-formed. A header's fields stand first in their transaction, its day in some versions last. */
export const claimedInText = (raw: string): ClaimedNumber | undefined =>
  claim(
    lastOrFirst(raw, 'WorkstationID', false),
    lastOrFirst(raw, 'BusinessDayDate', true)?.slice(0, 10),
    lastOrFirst(raw, 'SequenceNumber', false),
  )

const lastOrFirst = (raw: string, local: string, isLast: boolean): string | undefined => {
  const found = raw.matchAll(new RegExp(`<(?:[\\w.-]+:)?${local}(?:\\s[^<>]{0,300})?>\\s*([^<>]{1,60}?)\\s*<`, 'g'))
  let text: string | undefined
  for (const match of found) {
    text = match[1]
    if (!isLast) break
  }
  return text
}
