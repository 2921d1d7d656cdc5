/** Reads one transaction's fields and remembers what was wrong with them, by name, so that one answer names every fault. */
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Reason } from '../../contract/record.ts'
import { type DecimalResult, milliFromDecimal, minorFromDecimal, microFromPercent } from '../decimal.ts'
import { reasonOf } from '../captured-item.ts'
import { attributeOf, childOf, type XmlNode } from './xml-node.ts'

export interface FieldReader {
  readonly reasons: Reason[]
  readonly warnings: Reason[]
  fault(code: ErrorCode, message: string): void
  warn(message: string): void
  /** The first child among `locals` that is there, in minor units; undefined when none is. */
  money(node: XmlNode | undefined, field: string, ...locals: string[]): number | undefined
  /** The node's own text, in minor units. */
  amount(node: XmlNode, field: string): number
  quantity(node: XmlNode | undefined, field: string, local: string): number | undefined
  percent(node: XmlNode | undefined, field: string, local: string): number | undefined
}

export const createFieldReader = (where: string, currency: string, digits: number): FieldReader => {
  const reasons: Reason[] = []
  const warnings: Reason[] = []
  const fault = (code: ErrorCode, message: string): void => void reasons.push(reasonOf(code, message, where))
  const number = (text: string, field: string, parse: (text: string) => DecimalResult): number => {
    const result = parse(text)
    if (result.ok) return result.value
    fault('INVALID', `${field}: "${text.slice(0, 60)}" is ${result.message}`)
    return 0
  }
  const amount = (node: XmlNode, field: string): number => {
    const stated = attributeOf(node, 'Currency') ?? attributeOf(node, 'CurrencyCode')
    if (stated !== undefined && stated !== '' && stated !== currency) fault('WRONG_CURRENCY', `${field}: in ${stated}, not ${currency}`)
    return number(node.text.trim(), field, (text) => minorFromDecimal(text, digits))
  }
  const scaled =
    (parse: (text: string) => DecimalResult) =>
    (node: XmlNode | undefined, field: string, local: string): number | undefined => {
      const child = childOf(node, local)
      return child && child.text.trim() !== '' ? number(child.text.trim(), field, parse) : undefined
    }
  return {
    reasons,
    warnings,
    fault,
    warn: (message) => void warnings.push(reasonOf('INVALID', message, where)),
    money: (node, field, ...locals) => {
      for (const local of locals) {
        const child = childOf(node, local)
        if (child && child.text.trim() !== '') return amount(child, `${field}.${local}`)
      }
      return undefined
    },
    amount,
    quantity: scaled(milliFromDecimal),
    percent: scaled(microFromPercent),
  }
}
