/** The demo's last words: for people in sentences, for programs as one line of JSON. */
import type { AuditReport } from './audit.ts'
import type { DayEnd } from './day-end.ts'
import type { StockEnd } from './stock.ts'

export interface Summary extends AuditReport {
  repeated: number
  priceChangesSent: number
  priceChangesAtTill: number
  /** The tills' Z reports, the agent's closes and the certificates made of them. */
  dayEnds: DayEnd[]
  /** What was counted in the morning less what was sold, against the hub and the ERP. */
  stock: StockEnd
  erp: string
  seconds: number
}

const describeDayEnd = ({ businessDay, whole, verified, certificate }: DayEnd): string =>
  `Business day ${businessDay}: ${whole ? 'closed, whole, and every till agrees' : 'closed, but NOT whole'}; its certificate ${
    verified ? 'holds' : 'does NOT hold'
  } for somebody without this program: node docs/certificate/verify.mjs ${certificate}`

const describeStock = ({ items, atHub, atErp, message, findings }: StockEnd): string[] => [
  `Stock: ${items} items were counted before the first sale. The hub has what was counted less what was sold for ${ofAll(atHub, items)}, the ERP for ${ofAll(atErp, items)}${
    message === undefined ? '.' : ` (${message}).`
  }`,
  ...findings.map((finding) => `  ${finding}`),
]

const ofAll = (count: number, all: number): string => (count === all ? 'all of them' : `ONLY ${count} of them`)

export const describeSummary = (summary: Summary): string[] => {
  const whole = summary.lost + summary.duplicated + summary.altered === 0
  return [
    '',
    `${summary.captured} sales captured in the store, ${summary.atHub} at the hub, ${summary.posted} posted in the ERP (${summary.seconds} s).`,
    whole
      ? `None lost, none doubled, none altered${summary.repeated > 0 ? `, although the tills sent ${summary.repeated} of them twice` : ''}.`
      : `LOST ${summary.lost}, DOUBLED ${summary.duplicated}, ALTERED ${summary.altered}:`,
    ...summary.findings.map((finding) => `  ${finding}`),
    `${summary.priceChangesSent} price changes made in the ERP, ${summary.priceChangesAtTill} at the till.`,
    ...describeStock(summary.stock),
    ...summary.dayEnds.map(describeDayEnd),
  ]
}

export const printSummary = (summary: Summary, json: boolean): void => {
  for (const line of describeSummary(summary)) (json ? console.error : console.log)(line)
  if (json) console.log(JSON.stringify(summary))
}
