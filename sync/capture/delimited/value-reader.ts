/**
 * Reads one row's values by the rule that is for it. What is wrong is reported by mapping, column and row, and reading goes on, so that
 * one answer names every fault.
 */
import type { ErrorCode } from '../../contract/error-codes.ts'
import { type DecimalResult, microFromPercent, milliFromDecimal, minorFromDecimal } from '../decimal.ts'
import type { DelimitedMapping, Value } from './mapping.ts'
import { plainNumber } from './number-text.ts'
import type { Row } from './row.ts'
import { readWritten, type WrittenTime } from './time-format.ts'

export type Report = (code: ErrorCode, message: string) => void

export interface ValueReader {
  /** Undefined for an empty cell without a default. */
  text(value: Value | undefined): string | undefined
  word<Word extends string>(value: Value | undefined, allowed: readonly Word[], what: string): Word | undefined
  flag(value: Value | undefined): boolean
  money(value: Value | undefined, digits: number): number | undefined
  quantity(value: Value | undefined): number | undefined
  percent(value: Value | undefined): number | undefined
  integer(value: Value | undefined): number | undefined
  date(value: Value | undefined): string | undefined
  time(value: Value | undefined): WrittenTime | undefined
}

const trueWords = new Set(['true', '1', 'yes', 'y', 'x', 't', 'ja', 'j'])
const falseWords = new Set(['', 'false', '0', 'no', 'n', 'f', 'nein'])

export const createValueReader = (
  mapping: DelimitedMapping,
  row: Row,
  names: readonly string[] | undefined,
  report: Report,
): ValueReader => {
  const fault = (value: Value, message: string): void =>
    report('INVALID', `mapping "${mapping.name}", ${columnName(value)}, ${row.place}: ${message}`)

  const cellOf = (value: Value): string => {
    const columns = value.columns ?? (value.column === undefined ? [] : [value.column])
    const cells = columns.map((column) => {
      const cell = row.cell(column, names)
      if (cell === undefined) fault({ column }, 'there is no such column')
      return cell?.trim() ?? ''
    })
    return value.constant ?? cells.join(' ').trim()
  }
  const text = (value: Value | undefined): string | undefined => {
    if (!value) return undefined
    const cell = cellOf(value)
    const mapped = value.map && Object.hasOwn(value.map, cell) ? value.map[cell] : undefined
    const said = mapped ?? (cell === '' ? value.default : value.map ? (value.otherwise ?? cell) : cell)
    return said === '' ? undefined : said
  }
  const number = (value: Value | undefined, parse: (plain: string) => DecimalResult): number | undefined => {
    const said = text(value)
    if (!value || said === undefined) return undefined
    const plain = plainNumber(said, mapping)
    const result: DecimalResult = plain === null ? { ok: false, message: `not a number written with "${mapping.decimal}"` } : parse(plain)
    if (result.ok) return value.negate && result.value !== 0 ? -result.value : result.value
    fault(value, `"${said.slice(0, 60)}" is ${result.message}`)
    return 0
  }
  const written = (value: Value | undefined, format: string | undefined): WrittenTime | undefined => {
    const said = text(value)
    if (!value || said === undefined) return undefined
    const time = readWritten(said, format)
    if (!time) fault(value, `"${said.slice(0, 60)}" is not written as ${format ?? 'YYYY-MM-DD or YYYY-MM-DD HH:mm:ss'}`)
    return time ?? undefined
  }
  return {
    text,
    word: (value, allowed, what) => {
      const said = text(value)
      const word = allowed.find((one) => one === said)
      if (value && said !== undefined && word === undefined)
        fault(value, `"${said.slice(0, 60)}" is no ${what}; it may be one of ${allowed.join(', ')}, or the mapping may translate it`)
      return word
    },
    flag: (value) => {
      const said = (text(value) ?? '').toLowerCase()
      if (value && !trueWords.has(said) && !falseWords.has(said)) fault(value, `"${said.slice(0, 60)}" is neither yes nor no`)
      return trueWords.has(said)
    },
    money: (value, digits) => number(value, (plain) => minorFromDecimal(plain, value?.minor ? 0 : digits)),
    quantity: (value) => number(value, milliFromDecimal),
    percent: (value) => number(value, microFromPercent),
    integer: (value) => {
      const said = text(value)
      if (!value || said === undefined) return undefined
      if (/^\d{1,10}$/.test(said)) return Number(said)
      fault(value, `"${said.slice(0, 60)}" is not a whole number`)
      return 0
    },
    date: (value) => written(value, value?.format ?? mapping.date)?.date,
    time: (value) => written(value, value?.format ?? mapping.dateTime),
  }
}

export const columnName = ({ column, columns }: Value): string => {
  const named = columns ?? (column === undefined ? [] : [column])
  return named.length === 0 ? 'constant' : `column ${named.map((one) => (typeof one === 'number' ? one : `"${one}"`)).join(' and ')}`
}
