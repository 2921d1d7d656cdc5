/** The tables of docs/oversell.md stand between marks and are written by the command. */
import type { Figures } from './oversell.ts'
import { curveTable, otherwiseTable, safetyTable, spreadTable, waysTable } from './table.ts'

const tables: Record<string, (figures: Figures) => string> = {
  ...{ ways: waysTable, curve: curveTable, safety: safetyTable, spread: spreadTable, otherwise: otherwiseTable },
}

const marks = (name: string): [string, string] => [`<!-- ${name} -->\n`, `\n<!-- end of ${name} -->`]

export const withTables = (page: string, figures: Figures): string =>
  Object.entries(tables).reduce((text, [name, table]) => {
    const [start, end] = marks(name)
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`docs/oversell.md has no place for the table ${name}`)
    return `${text.slice(0, from + start.length)}${table(figures)}${text.slice(to)}`
  }, page)
