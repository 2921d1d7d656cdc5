/** Reads one event's fields and remembers what was wrong with them, so that one answer names every fault. */
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Reason } from '../../contract/record.ts'
import { reasonOf } from '../captured-item.ts'
import { minorDigits } from '../currency.ts'
import { milliFromDecimal, minorFromDecimal, type DecimalResult, microFromPercent } from '../decimal.ts'
import { child, type Element } from './element.ts'

export interface EventFields {
  readonly reasons: Reason[]
  readonly warnings: Reason[]
  readonly currency: string
  fault(code: ErrorCode, message: string): void
  warn(message: string): void
  money(element: Element | undefined, ...locals: string[]): number | undefined
  /** A price may be finer than money: rounded half away from zero, and given exactly as well. */
  price(element: Element | undefined, ...locals: string[]): { minor: number; exact?: string } | undefined
  quantity(element: Element | undefined, local: string): number | undefined
  percent(element: Element | undefined, local: string): number | undefined
}

export const createEventFields = (where: string, currency: string): EventFields => {
  const digits = minorDigits(currency)
  const reasons: Reason[] = []
  const warnings: Reason[] = []
  const fault = (code: ErrorCode, message: string): void => void reasons.push(reasonOf(code, message, where))
  const find = (element: Element | undefined, locals: readonly string[]): Element | undefined =>
    locals.map((local) => child(element, local)).find((one) => one !== undefined && one.text.trim() !== '')
  const number = (one: Element | undefined, owner: Element | undefined, parse: (text: string) => DecimalResult): number | undefined => {
    if (!one) return undefined
    const stated = one.attributes.get('currency')
    if (stated !== undefined && stated !== '' && stated !== currency)
      fault('WRONG_CURRENCY', `${owner?.local}.${one.local}: in ${stated}, not ${currency}`)
    const text = one.text.trim()
    const result = parse(text)
    if (result.ok) return result.value
    fault('INVALID', `${owner?.local}.${one.local}: "${text.slice(0, 60)}" is ${result.message}`)
    return 0
  }
  return {
    reasons,
    warnings,
    currency,
    fault,
    warn: (message) => void warnings.push(reasonOf('INVALID', message, where)),
    money: (element, ...locals) => number(find(element, locals), element, (text) => minorFromDecimal(text, digits)),
    price: (element, ...locals) => {
      const one = find(element, locals)
      const text = one?.text.trim() ?? ''
      const exact = minorFromDecimal(text, digits)
      if (!one || exact.ok) return exact.ok ? { minor: exact.value } : undefined
      const finer = number(one, element, (said) => minorFromDecimal(said, digits + 3)) ?? 0
      return { minor: Math.sign(finer) * Math.floor((Math.abs(finer) + 500) / 1_000) + 0, exact: text.slice(0, 60) }
    },
    quantity: (element, local) => number(find(element, [local]), element, milliFromDecimal),
    percent: (element, local) => number(find(element, [local]), element, microFromPercent),
  }
}
