/** A transaction's times: when it ended, as the till printed it, and the business day that it belongs to. */
import { childOf, attributeOf, textOf, type XmlNode } from './xml-node.ts'

const timeNames = ['EndDateTime', 'BeginDateTime', 'POSLogDateTime'] as const

/** R10 writes the offset beside the time, as a duration: `r10Ex:Offset="07:00:00"`. */
export const readEndedAt = (node: XmlNode, body: XmlNode): string | undefined => {
  for (const name of timeNames) {
    const text = textOf(node, name)
    if (text === undefined) continue
    const offset = /^([+-]?)(\d\d:\d\d)(?::00)?$/.exec(attributeOf(childOf(node, name), 'Offset') ?? '')
    return offset && !/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}${offset[1] || '+'}${offset[2]}` : text
  }
  return textOf(body, 'ReceiptDateTime')
}

export const readBusinessDay = (node: XmlNode): string | undefined => {
  const text = textOf(node, 'BusinessDayDate')
  return text !== undefined && text.length > 10 ? text.replace(/T00:00:00(?:\.0+)?(?:Z|[+-]\d\d:\d\d)?$/, '') : text
}

/** The date that a clock on the shop's wall showed. A time with an offset of hours is local already. */
export const localDateOf = (time: string | undefined, timeZone: string): string | undefined => {
  if (time === undefined || !time.endsWith('Z')) return time?.slice(0, 10)
  const milliseconds = Date.parse(time)
  return Number.isNaN(milliseconds) ? undefined : dateFormat(timeZone).format(milliseconds)
}

const formats = new Map<string, Intl.DateTimeFormat>()
const dateFormat = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(timeZone, format)
  return format
}
