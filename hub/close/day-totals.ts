/**
 * A day's totals of one workstation as the hub counts them, by the very rule by which the store's agent states its own
 * (sync/core/day-totals.ts), and where the two differ. Pure.
 */
import { closeDifferenceSchema, type DayTotals, dayTotalsSchema } from '#sync/contract/day-close.ts'
import { z } from 'zod'

/** A sum may be larger than any one amount. */
export const hubTotalsSchema = dayTotalsSchema.extend({ grandMinor: z.int() })

/** Agent and hub do not say the same of one measure; minor units, or a count. */
export const totalsDifferenceSchema = z.object({
  ...closeDifferenceSchema.pick({ measure: true, key: true, agent: true }).shape,
  hub: z.int(),
})
export type TotalsDifference = z.infer<typeof totalsDifferenceSchema>

const figuresOf = (totals: DayTotals): Map<string, number> =>
  new Map([
    ['transactions|', totals.transactionCount],
    ['grand|', totals.grandMinor],
    ...totals.tenders.flatMap(({ kind, count, amountMinor }): [string, number][] => [
      [`tender|${kind}`, amountMinor],
      [`tender-count|${kind}`, count],
    ]),
    ...totals.taxes.map(({ code, taxMinor }): [string, number] => [`tax|${code}`, taxMinor]),
  ])

export const compareTotals = (agent: DayTotals, hub: DayTotals): TotalsDifference[] => {
  const [stated, counted] = [figuresOf(agent), figuresOf(hub)]
  return [...new Set([...stated.keys(), ...counted.keys()])].flatMap((figure) => {
    const difference = { agent: stated.get(figure) ?? 0, hub: counted.get(figure) ?? 0 }
    const at = figure.indexOf('|')
    const measure = figure.slice(0, at) as TotalsDifference['measure']
    return difference.agent === difference.hub ? [] : [{ measure, key: figure.slice(at + 1), ...difference }]
  })
}
