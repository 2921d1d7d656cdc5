/**
 * The end of a demo day: each till sends its Z report, the agent closes the day, and a certificate is made of the journal and checked
 * by the verifier that knows nothing of this program.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Transaction } from '#sync/contract/transaction.ts'
import { z } from 'zod'
import { runCommand } from '../scripts/command.ts'
import { checkoutRoot } from '../scripts/root.ts'
import type { AgentProcess } from './agent-process.ts'
import type { Stack } from './stack.ts'
import type { Till } from './tills.ts'

/** What a till adds up for itself as it sells. */
interface ZReport {
  transactionCount: number
  grandMinor: number
  tenders: Map<string, number>
  taxes: Map<string, number>
}
/** One each business day. */
export type ZReports = Map<string, ZReport>

const addTo = (sums: Map<string, number>, key: string, amount: number): void => void sums.set(key, (sums.get(key) ?? 0) + amount)

export const ringIntoZ = (reports: ZReports, sale: Transaction): void => {
  const report: ZReport = reports.get(sale.businessDay) ?? { transactionCount: 0, grandMinor: 0, tenders: new Map(), taxes: new Map() }
  report.transactionCount += 1
  report.grandMinor += sale.totals.grandMinor
  for (const tender of sale.tenders) addTo(report.tenders, tender.kind, tender.amountMinor)
  for (const tax of sale.taxes) addTo(report.taxes, tax.code, tax.taxMinor)
  reports.set(sale.businessDay, report)
}

export interface DayEnd {
  businessDay: string
  whole: boolean
  certificate: string
  /** What the outsider's verifier said. */
  verified: boolean
}

type Door = Pick<AgentProcess, 'url' | 'token'>

export const postClose = async (agent: Door, body: unknown): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${agent.url}/v1/day-closes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    const answer = await response.text()
    if (response.ok) return
    if (attempt === 20) throw new Error(`the agent refused the day close with ${response.status}: ${answer.slice(0, 300)}`)
    await delay(250)
  }
}

/** What a till sends of a day; none when it sold nothing. */
export const zBodies = (workstationId: string, reports: ZReports, businessDay: string) => {
  const report = reports.get(businessDay)
  if (!report) return []
  return [
    {
      workstationId,
      businessDay,
      totals: {
        transactionCount: report.transactionCount,
        grandMinor: report.grandMinor,
        tenders: [...report.tenders].map(([kind, amountMinor]) => ({ kind, amountMinor })),
        taxes: [...report.taxes].map(([code, taxMinor]) => ({ code, taxMinor })),
      },
    },
  ]
}

const daySchema = z.object({ workstations: z.array(z.object({ close: z.string(), ledger: z.object({ missing: z.array(z.unknown()) }) })) })

/** Every till of the day has closed, says what the agent says, and no number is missing. */
const isWhole = async ({ agent }: Stack, businessDay: string): Promise<boolean> => {
  const response = await fetch(`${agent.url}/v1/days/${businessDay}`, { headers: { authorization: `Bearer ${agent.token}` } })
  const { workstations } = daySchema.parse(await response.json())
  return workstations.every(({ close, ledger }) => close === 'agrees' && ledger.missing.length === 0)
}

const makeCertificate = async ({ agent }: Stack, dir: string, businessDay: string): Promise<Pick<DayEnd, 'certificate' | 'verified'>> => {
  const certificate = join(dir, `certificate-${businessDay}.jsonl`)
  const proved = await runCommand(
    process.execPath,
    ['scripts/journal.ts', 'prove', businessDay, '--data', agent.folders.data, '--out', certificate],
    { cwd: checkoutRoot },
  )
  if (proved.code !== 0) throw new Error(`no certificate of ${businessDay}: ${proved.stdout}${proved.stderr}`)
  const checked = await runCommand(process.execPath, ['docs/certificate/verify.mjs', certificate], { cwd: checkoutRoot })
  return { certificate, verified: checked.code === 0 }
}

/** Closes every business day that the tills sold on. */
export const endDays = async (stack: Stack, tills: readonly Till[], dir: string): Promise<DayEnd[]> => {
  const businessDays = [...new Set(tills.flatMap((till) => [...till.zReports.keys()]))].sort()
  const ends: DayEnd[] = []
  for (const businessDay of businessDays) {
    await postClose(
      stack.agent,
      tills.flatMap((till) => zBodies(till.identity.workstationId, till.zReports, businessDay)),
    )
    ends.push({ businessDay, whole: await isWhole(stack, businessDay), ...(await makeCertificate(stack, dir, businessDay)) })
  }
  return ends
}
