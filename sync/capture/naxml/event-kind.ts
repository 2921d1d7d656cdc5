/** What an event is: its element, its flags, and the detail inside say it. */
import type { Transaction } from '../../contract/transaction.ts'
import { child, type Element, isFlagged } from './element.ts'

type Kind = Transaction['kind']

const details: readonly [RegExp, Kind][] = [
  [/^PayIn/i, 'paid-in'],
  [/^PayOut/i, 'paid-out'],
  [/^SafeDrop/i, 'pick-up'],
  [/Loan/i, 'loan'],
  [/^(?:TenderCount|Settlement|TillClose)/i, 'settlement'],
  [/^No-?Sale/i, 'no-sale'],
]
const stated: readonly [RegExp, Kind][] = [
  [/^RegisterDetail:open/i, 'day-open'],
  [/^RegisterDetail:close/i, 'day-close'],
  [/^CashierDetail:sign-?on|^CashierDetail:login/i, 'sign-on'],
  [/^CashierDetail:sign-?off|^CashierDetail:logout/i, 'sign-off'],
]

/** The element that says what money moved or what the register did, and the kind it makes. */
export const detailOf = (event: Element): { kind: Kind; detail: Element } | undefined => {
  for (const detail of [...(child(event, 'FinancialEventDetail')?.children ?? []), ...event.children]) {
    const words = `${detail.local}:${detail.attributes.get('detailType') ?? ''}`
    const kind = stated.find(([pattern]) => pattern.test(words))?.[1] ?? details.find(([pattern]) => pattern.test(detail.local))?.[1]
    if (kind) return { kind, detail }
  }
  return undefined
}

/** `goods`: the kinds of lines that count. A void event that names no other transaction was given up while it was rung. */
export const kindOf = (event: Element, goods: ReadonlySet<'sale' | 'return'>, isLinked: boolean): Kind => {
  if (isFlagged(event, 'TrainingModeFlag')) return 'training'
  if (isFlagged(event, 'SuspendFlag')) return 'suspended'
  if (event.local === 'VoidEvent') return isLinked ? 'post-void' : 'cancelled'
  if (event.local === 'RefundEvent' || event.local === 'ReturnEvent') return 'return'
  if (event.local === 'NoSaleEvent') return 'no-sale'
  if (event.local !== 'SaleEvent') return detailOf(event)?.kind ?? 'other'
  return goods.size === 2 ? 'exchange' : goods.has('return') ? 'return' : 'sale'
}
