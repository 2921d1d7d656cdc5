/**
 * Rows to transactions by a mapping, whether they come from a file or from a database. A row that cannot be read costs the transaction it
 * belongs to, and no other; memory holds one transaction.
 *
 * For a database: `createRowReader(mapping, hints)` takes rows of named fields, `write` gives the items that became whole with each, and
 * `end` the last one. A transaction whose rows may still be coming must be read again from its first row.
 */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import { finishItem } from '../finished-item.ts'
import { holdsUnreadable } from '../unreadable.ts'
import { createDraft, type Draft, keepRaw, maxRows, reportTo } from './draft.ts'
import { finishDraft } from './finished-draft.ts'
import { type Condition, type DelimitedMapping, namesFor, type RowRule } from './mapping.ts'
import { type Row, rowOfFields } from './row.ts'
import { addRow } from './row-rules.ts'
import { createValueReader } from './value-reader.ts'

export interface RowReader {
  write(fields: Readonly<Record<string, string | null>>): CapturedItem[]
  end(): CapturedItem[]
}

export const createRowReader = (mapping: DelimitedMapping, hints: CaptureHints): RowReader => {
  const assembler = createAssembler(mapping, hints)
  let count = 0
  const finish = (items: CapturedItem[]): CapturedItem[] =>
    items.map((item) => finishItem(item, hints, item.outcome === 'transaction' || holdsUnreadable(item.raw)))
  return {
    write: (fields) => finish(assembler.add(rowOfFields(fields, (count += 1)))),
    end: () => finish(assembler.end()),
  }
}

export interface Assembler {
  add(row: Row): CapturedItem[]
  end(): CapturedItem[]
}

export const createAssembler = (mapping: DelimitedMapping, hints: CaptureHints): Assembler => {
  const { transactions } = mapping
  let draft: Draft | undefined
  let key: (string | undefined)[] = []
  let count = 0

  const finish = (): CapturedItem[] => {
    const finished = draft
    draft = undefined
    return finished ? [finishDraft(finished, mapping, hints)] : []
  }
  const begin = (row: Row): Draft => {
    count += 1
    draft = createDraft(`transaction ${count}, ${row.place}`)
    return draft
  }
  /** A broken row may lack key columns: it belongs to the transaction at hand unless those it has say otherwise. */
  const startsAnew = (row: Row, rules: readonly RowRule[]): boolean => {
    if (transactions.begin === 'with-row') return rules.some((rule) => rule.adds === 'transaction')
    const cells = transactions.columns.map((column) => row.cell(column, undefined)?.trim())
    const isSame = draft !== undefined && cells.every((cell, index) => cell === undefined || cell === key[index])
    if (!isSame) key = cells
    return !isSame
  }

  const apply = (rules: readonly RowRule[], row: Row, into: Draft): void => {
    const report = reportTo(into)
    into.rows += 1
    if (into.rows === maxRows + 1) report('INVALID', `more than ${maxRows} rows`)
    if (into.rows > maxRows) return
    keepRaw(into, row.raw)
    for (const rule of rules) {
      if (into.done.has(rule)) continue
      if (rule.once || (rule.adds === 'transaction' && transactions.begin === 'when-changes')) into.done.add(rule)
      const values = createValueReader(mapping, row, namesFor(mapping, rule), report)
      addRow(rule, { draft: into, values, mapping, currency: hints.currency })
    }
  }

  return {
    add: (row) => {
      if (row.isEmpty) return []
      const rules = mapping.rows.filter((rule) => fits(row, rule, mapping))
      const faults = row.faults(rules[0] && namesFor(mapping, rules[0]))
      if (rules.length === 0) faults.push('no rule of the mapping is for this row')
      if (faults.length === 0 && rules.every((rule) => rule.adds === 'nothing')) return []
      const items = startsAnew(row, rules) ? finish() : []
      const isFirst = draft === undefined
      if (isFirst && transactions.begin === 'with-row' && !rules.some((rule) => rule.adds === 'transaction'))
        return [...items, orphan(row, faults.length > 0 ? faults : ['it belongs to no transaction'], mapping)]
      const into = draft ?? begin(row)
      for (const fault of faults)
        reportTo(into)(row.isUnfinished ? 'MALFORMED' : 'INVALID', `mapping "${mapping.name}", ${row.place}: ${fault}`)
      if (faults.length === 0) apply(rules, row, into)
      else keepRaw(into, row.raw)
      return items
    },
    end: finish,
  }
}

const fits = (row: Row, rule: RowRule, mapping: DelimitedMapping): boolean =>
  (rule.when ?? []).every((condition) => holds(condition, row.cell(condition.column, namesFor(mapping, rule))?.trim() ?? ''))

const holds = ({ is, isNot, filled }: Condition, cell: string): boolean =>
  (is === undefined || is.includes(cell)) &&
  (isNot === undefined || !isNot.includes(cell)) &&
  (filled === undefined || filled === (cell !== ''))

const orphan = (row: Row, faults: readonly string[], mapping: DelimitedMapping): CapturedItem =>
  quarantinedItem(
    faults.map((fault) =>
      reasonOf(row.isUnfinished ? 'MALFORMED' : 'INVALID', `mapping "${mapping.name}", ${row.place}: ${fault}`, row.place),
    ),
    row.raw,
    row.place,
  )
