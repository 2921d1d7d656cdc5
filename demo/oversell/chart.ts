/** The chart of docs/oversell.md: oversold units in the three ways, and what fewer of them cost. The same figures give the same bytes. */
import type { FixedSafety } from './hub-centre.ts'
import type { Figures } from './oversell.ts'
import type { Score } from './world.ts'

const [width, height] = [920, 400]
const plot = { top: 90, bottom: 330 }
const ink = '#1f2933'
const faint = '#9aa5b1'
const colours = { batch: '#c2410c', plain: '#b7791f', tideline: '#0f766e' }

const tall = plot.bottom - plot.top
const at = (value: number): string => String(Math.round(value * 10) / 10)
const count = (value: number): string => value.toLocaleString('en-GB')

type Look = { size?: number; anchor?: 'start' | 'middle' | 'end'; fill?: string; weight?: number }
const text = (x: number, y: number, words: string, { size = 13, anchor = 'start', fill = ink, weight = 400 }: Look = {}): string =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}" font-weight="${weight}">${words}</text>`
const line = (x1: number, y1: number, x2: number, y2: number, stroke = faint): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}"/>`

const bars = ({ weekend }: Figures): string[] => {
  const left = 40
  const most = Math.max(weekend.batch.oversold, weekend.plain.oversold, 1)
  const ways = [
    { name: '(a) batches', colour: colours.batch, units: weekend.batch.oversold },
    { name: '(b) by event', colour: colours.plain, units: weekend.plain.oversold },
    { name: '(c) Tideline', colour: colours.tideline, units: weekend.tideline.oversold },
  ]
  return [
    text(left, 66, 'Oversold units', { weight: 600 }),
    ...ways.flatMap(({ name, colour, units }, index) => {
      const x = left + index * 120
      const barHeight = (units / most) * (tall - 20)
      return [
        `<rect x="${x}" y="${at(plot.bottom - barHeight)}" width="88" height="${at(barHeight)}" fill="${colour}"/>`,
        text(x + 44, plot.bottom - barHeight - 8, count(units), { anchor: 'middle', weight: 600 }),
        text(x + 44, plot.bottom + 20, name, { anchor: 'middle' }),
      ]
    }),
    line(left - 10, plot.bottom, left + 340, plot.bottom),
  ]
}

/** The next round number. */
const roundUp = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)))
  return power * ([1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10)
}

const curve = ({ curve: points, safety, servicePpm }: Figures): string[] => {
  const [left, right] = [480, 880]
  const mostLost = roundUp(Math.max(...points.map(({ score }) => score.lostSales)))
  const mostOversold = roundUp(Math.max(...points.map(({ score }) => score.oversold)))
  const xOf = (lost: number): number => left + (lost / mostLost) * (right - left)
  const yOf = (oversold: number): number => plot.bottom - (oversold / mostOversold) * tall
  const marks = [0, 0.25, 0.5, 0.75, 1]
  const pathOf = (scores: readonly Score[]): string =>
    scores.map(({ lostSales, oversold }) => `${at(xOf(lostSales))},${at(yOf(oversold))}`).join(' ')
  /** Only what lies within the axes, which are Tideline's. */
  const fixedCurve = (words: string, end: 0 | -1, isOne: (fixed: FixedSafety) => boolean): string[] => {
    const scores = safety.filter(({ fixed }) => isOne(fixed)).map(({ score }) => score)
    const shown = scores.filter(({ lostSales, oversold }) => lostSales <= mostLost && oversold <= mostOversold)
    const named = shown.at(end)
    if (named === undefined) return []
    return [
      `<polyline points="${pathOf(shown)}" fill="none" stroke="${colours.plain}" stroke-width="2" stroke-dasharray="6 4"/>`,
      ...shown.map((score) => `<circle cx="${at(xOf(score.lostSales))}" cy="${at(yOf(score.oversold))}" r="3" fill="${colours.plain}"/>`),
      text(xOf(named.lostSales) + 8, yOf(named.oversold) + (end === 0 ? -4 : 16), words, { size: 11, fill: colours.plain }),
    ]
  }
  return [
    text(left, 66, 'Tideline: oversold units, by lost sales and service level', { weight: 600 }),
    ...marks.flatMap((mark) => [
      line(left, yOf(mark * mostOversold), right, yOf(mark * mostOversold), '#e4e7eb'),
      text(left - 8, yOf(mark * mostOversold) + 4, count(mark * mostOversold), { anchor: 'end', size: 11, fill: '#52606d' }),
      text(xOf(mark * mostLost), plot.bottom + 18, count(mark * mostLost), { anchor: 'middle', size: 11, fill: '#52606d' }),
    ]),
    text((left + right) / 2, plot.bottom + 38, 'lost sales', { anchor: 'middle', size: 12 }),
    ...fixedCurve('units of each item held back', 0, ({ units }) => units > 0),
    ...fixedCurve('hours of sales held back', -1, ({ usualHours }) => usualHours > 0),
    `<polyline points="${pathOf(points.map(({ score }) => score))}" fill="none" stroke="${colours.tideline}" stroke-width="2"/>`,
    ...points.flatMap(({ servicePpm: level, score }) => {
      const [x, y] = [xOf(score.lostSales), yOf(score.oversold)]
      const isUsual = level === servicePpm
      return [
        `<circle cx="${at(x)}" cy="${at(y)}" r="${isUsual ? 6 : 4}" fill="${isUsual ? colours.batch : colours.tideline}"/>`,
        text(x + 7, y - 9, `${level / 10_000} %`, { size: 11, weight: isUsual ? 600 : 400 }),
      ]
    }),
  ]
}

export const chartOf = (figures: Figures): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img">`,
    '<title>Oversold units with stock in batches, by event, and by event with confidence</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(40, 36, `A promotion weekend at ${figures.stores} stores, ${figures.items} fast movers, seed ${figures.seed}`, {
      size: 17,
      weight: 600,
    }),
    ...bars(figures),
    ...curve(figures),
    '</svg>',
    '',
  ].join('\n')
