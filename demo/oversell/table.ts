/** The figures as tables that read alike in a terminal and in docs/oversell.md. */
import { type Figures, ratioOf, type Weekend } from './oversell.ts'
import type { Score } from './world.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const percent = (share: number, decimals: number): string => `${(share * 100).toFixed(decimals)} %`
const count = (value: number): string => value.toLocaleString('en-GB')

const wayRow = (name: string, { demanded, accepted, oversold, lostSales, leftOver, refusedInStock }: Score): string[] => [
  name,
  ...[accepted, oversold].map(count),
  percent(oversold / accepted, 2),
  count(lostSales),
  percent(lostSales / demanded, 1),
  count(leftOver),
  count(refusedInStock),
]

export const waysTable = ({ weekend: { batch, plain, tideline } }: Figures): string =>
  table(
    ['way', 'orders accepted', 'oversold', 'of orders', 'lost sales', 'of demand', 'never sold', 'refusals with stock'],
    [wayRow('(a) batches', batch), wayRow('(b) by event', plain), wayRow('(c) Tideline', tideline)],
  )

export const curveTable = ({ curve, servicePpm, weekend }: Figures): string =>
  table(
    ['service level', 'oversold', 'of batches', 'lost sales', 'never sold'],
    curve.map(({ servicePpm: level, score }) => [
      `${level / 10_000} %${level === servicePpm ? ' (usual)' : ''}`,
      count(score.oversold),
      percent(score.oversold / weekend.batch.oversold, 2),
      ...[score.lostSales, score.leftOver].map(count),
    ]),
  )

export const safetyTable = ({ safety, weekend }: Figures): string =>
  table(
    ['never offered', 'oversold', 'of batches', 'lost sales', 'never sold'],
    safety.map(({ fixed: { units, usualHours }, score }) => [
      units > 0 ? `${units} of each item` : `${usualHours} usual hours of sales`,
      count(score.oversold),
      percent(score.oversold / weekend.batch.oversold, 2),
      ...[score.lostSales, score.leftOver].map(count),
    ]),
  )

const weekendRow = (name: string, weekend: Weekend): string[] => [
  name,
  ...[weekend.batch.oversold, weekend.plain.oversold, weekend.tideline.oversold].map(count),
  percent(ratioOf(weekend), 2),
  ...[weekend.tideline.lostSales, weekend.tideline.leftOver].map(count),
  percent(weekend.tideline.lostSales / weekend.tideline.demanded, 1),
]

const weekendHead = ['oversold (a)', '(b)', '(c)', '(c) of (a)', 'lost sales (c)', 'never sold', 'of demand']

export const spreadTable = ({ seed, weekend, spread }: Figures): string =>
  table(
    ['seed', ...weekendHead],
    [weekendRow(String(seed), weekend), ...spread.map((other) => weekendRow(String(other.seed), other.weekend))],
  )

export const otherwiseTable = ({ otherwise }: Figures): string =>
  table(
    ['instead', ...weekendHead],
    otherwise.map(({ name, weekend }) => weekendRow(name, weekend)),
  )
