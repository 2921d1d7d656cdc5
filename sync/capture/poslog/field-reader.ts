/** Reads one transaction's fields and remembers what was wrong with them, by name, so that one answer names every fault. */
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Reason } from '../../contract/record.ts'
import { minorDigits } from '../currency.ts'
import { type DecimalResult, milliFromDecimal, minorFromDecimal, microFromPercent } from '../decimal.ts'
import { reasonOf } from '../captured-item.ts'
import { attributeOf, childOf, type XmlNode } from './xml-node.ts'

export interface FieldReader {
  readonly reasons: Reason[]
  readonly warnings: Reason[]
  readonly currency: string
  readonly version: number
  fault(code: ErrorCode, message: string): void
  warn(message: string): void
  /** The first child among `locals` that is there, in minor units; undefined when none is. */
  money(node: XmlNode | undefined, field: string, ...locals: string[]): number | undefined
  /** The node's own text, in minor units. */
  amount(node: XmlNode, field: string): number
  /** Text in another currency's minor units. */
  foreign(text: string, currency: string, field: string): number
  quantity(node: XmlNode, field: string): number
  percent(node: XmlNode | undefined, field: string, local: string): number | undefined
  /** A whole number of 0 or more; undefined when it is none. */
  count(node: XmlNode | undefined, local: string): number | undefined
}

interface FieldContext {
  where: string
  currency: string
  version: number
}

export const createFieldReader = ({ where, currency, version }: FieldContext): FieldReader => {
  const digits = minorDigits(currency)
  const reasons: Reason[] = []
  const warnings: Reason[] = []
  const fault = (code: ErrorCode, message: string): void => void reasons.push(reasonOf(code, message, where))
  const checked = (result: DecimalResult, text: string, field: string): number => {
    if (result.ok) return result.value
    fault('INVALID', `${field}: "${text.slice(0, 60)}" is ${result.message}`)
    return 0
  }
  const amount = (node: XmlNode, field: string): number => {
    const stated = node.attributes.length === 0 ? undefined : (attributeOf(node, 'Currency') ?? attributeOf(node, 'CurrencyCode'))
    if (stated !== undefined && stated !== '' && stated !== currency) fault('WRONG_CURRENCY', `${field}: in ${stated}, not ${currency}`)
    return checked(minorFromDecimal(node.text, digits), node.text, field)
  }
  return {
    reasons,
    warnings,
    currency,
    version,
    fault,
    warn: (message) => void warnings.push(reasonOf('INVALID', message, where)),
    money: (node, field, ...locals) => {
      if (!node) return undefined
      for (let at = 0; at < locals.length; at += 1) {
        const child = childOf(node, locals[at] as string)
        if (child && child.text.trim() !== '') return amount(child, field)
      }
      return undefined
    },
    amount,
    foreign: (text, other, field) => checked(minorFromDecimal(text, minorDigits(other)), text, field),
    quantity: (node, field) => checked(milliFromDecimal(node.text), node.text, field),
    percent: (node, field, local) => {
      const child = childOf(node, local)
      return child && child.text.trim() !== '' ? checked(microFromPercent(child.text), child.text, field) : undefined
    },
    count: (node, local) => {
      const text = childOf(node, local)?.text.trim() ?? ''
      return /^\d{1,9}$/.test(text) ? Number(text) : undefined
    },
  }
}
