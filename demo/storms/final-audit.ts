/** Each till's own list of what was answered "captured", against log, sales and day totals of the hub and the ERP's documents [OPS4]. */
import { audit, type AuditedSale, type AuditReport } from '../audit.ts'
import { journalSales, openHubLedger } from '../ledgers.ts'
import type { BackOffice } from './back-office.ts'
import { allTills, type Cast } from './cast.ts'
import { areAllPosted, countedSales, haveAllArrived, hubDay } from './hub-book.ts'
import type { StormTill } from './till-day.ts'
import { becomesTrue } from './until.ts'

interface Sum {
  count: number
  grandMinor: number
}

export interface TillRow {
  till: string
  answered: Sum
  log: Sum
  sales: Sum
  dayTotals: Sum
  erp: Sum
  isSame: boolean
}

const sumOf = (sales: readonly AuditedSale[]): Sum => ({
  count: sales.length,
  grandMinor: sales.reduce((sum, { grandMinor }) => sum + grandMinor, 0),
})

const isSameSale = (a: readonly AuditedSale[], b: readonly AuditedSale[]): boolean => {
  const text = (sales: readonly AuditedSale[]): string => JSON.stringify(sales.map(({ key, grandMinor }) => `${key}=${grandMinor}`).sort())
  return text(a) === text(b)
}

const dayTotalsOf = async ({ centre }: Cast, { identity, zReports }: StormTill): Promise<Sum> => {
  const sum: Sum = { count: 0, grandMinor: 0 }
  for (const businessDay of zReports.keys()) {
    const own = (await hubDay(centre, identity.storeId, businessDay)).find((each) => each.workstationId === identity.workstationId)
    sum.count += own?.now.transactionCount ?? 0
    sum.grandMinor += own?.now.grandMinor ?? 0
  }
  return sum
}

const rowOf = async (cast: Cast, till: StormTill, stops: Record<'log' | 'sales' | 'erp', AuditedSale[]>): Promise<TillRow> => {
  const { storeId, workstationId } = till.identity
  const own = (sales: readonly AuditedSale[]) => sales.filter(({ key }) => key.startsWith(`${storeId}|${workstationId}|`))
  const answered = sumOf(till.sold)
  const dayTotals = await dayTotalsOf(cast, till)
  const everywhere = Object.values(stops).every((sales) => isSameSale(till.sold, own(sales)))
  return {
    ...{ till: `${storeId} ${workstationId}`, answered, dayTotals },
    ...{ log: sumOf(own(stops.log)), sales: sumOf(own(stops.sales)), erp: sumOf(own(stops.erp)) },
    isSame: everywhere && answered.count === dayTotals.count && answered.grandMinor === dayTotals.grandMinor,
  }
}

const euros = (minor: number): string => (minor / 100).toFixed(2)

export const drawTable = (rows: readonly TillRow[]): string[] => {
  const cell = ({ count, grandMinor }: Sum): string => `${String(count).padStart(5)} ${euros(grandMinor).padStart(10)}`
  const heads = ['answered', "hub's log", "hub's sales", 'day totals', 'ERP']
  return [
    `${'till'.padEnd(9)}${heads.map((head) => head.padStart(18)).join('')}`,
    ...rows.map(
      ({ till, answered, log, sales, dayTotals, erp, isSame }) =>
        `${till.padEnd(9)}${[answered, log, sales, dayTotals, erp].map((sum) => cell(sum).padStart(18)).join('')}   ${isSame ? 'the same' : 'NOT THE SAME'}`,
    ),
  ]
}

/** A copy of a PC carries what the first one has: one of each counts, and what is twice in one of them is found all the same. */
const inJournals = async (pcs: readonly BackOffice[]): Promise<AuditedSale[]> => {
  const known = new Set<string>()
  const sales: AuditedSale[] = []
  for (const { folders } of pcs) {
    const held = await journalSales(folders.journal)
    sales.push(...held.filter(({ key }) => !known.has(key)))
    for (const { key } of held) known.add(key)
  }
  return sales
}

export interface FinalAudit {
  rows: TillRow[]
  report: AuditReport
}

export const finalAudit = async (cast: Cast, copy: BackOffice): Promise<FinalAudit> => {
  const { centre, teller, first, second } = cast
  const tills = allTills(cast)
  teller.step("The final audit: the tills' own lists against everything else")
  await becomesTrue(async () => (await haveAllArrived(centre, tills)) && (await areAllPosted(centre, tills)))
  const ledger = await openHubLedger(centre.databaseUrl)
  const log = await ledger.sales().finally(() => ledger.close())
  const stops = { log, sales: await countedSales(centre), erp: await centre.erp.documents() }
  const rows: TillRow[] = []
  for (const till of tills) rows.push(await rowOf(cast, till, stops))
  for (const line of drawTable(rows)) teller.say(line)
  teller.claim(
    `${rows.filter(({ isSame }) => isSame).length} of ${rows.length} tills: each sale once everywhere, equal amounts`,
    rows.every(({ isSame }) => isSame),
  )
  const report = audit({
    till: tills.flatMap(({ sold }) => sold),
    journal: await inJournals([first.pc, second.pc, copy]),
    hub: log,
    erp: stops.erp,
  })
  for (const finding of report.findings) teller.say(finding)
  teller.claim(
    `${report.captured} sales in the journals, ${report.atHub} in the hub's log, ${report.posted} in the ERP: ${report.lost} lost, ${report.duplicated} doubled, ${report.altered} altered`,
    report.lost + report.duplicated + report.altered === 0 && report.captured === tills.reduce((sum, { sold }) => sum + sold.length, 0),
  )
  return { rows, report }
}
