/**
 * What a support bundle says: JSON lines, one for each part of the agent, then the log. Each part names the fields that it lets out; of
 * texts goes what redact.ts lets through. No receipts, no names, no tokens, no keys [OPS7].
 */
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import type { AgentSettings } from '../agent-config.ts'
import type { JournalFacts } from './journal-facts.ts'
import { redactLogLine, redactText } from './redact.ts'

export interface BundleInputs {
  requestId: string
  madeAt: string
  versions: { agent: string; node: string; electron: string; chrome: string }
  platform: string
  uptimeSeconds: number
  settings: Partial<AgentSettings>
  status: AgentStatus
  view: ManagerView | null
  journal: JournalFacts | null
  logLines: readonly string[]
}

const maybe = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]?: V })

const aboutConfig = ({ http, lan, watch, mappings, databases, crossCheck, retention, disk, ...rest }: Partial<AgentSettings>) => ({
  hub: rest.hubUrl?.startsWith('https:') ? 'https' : rest.hubUrl === undefined ? 'unset' : 'http',
  http: { port: http?.port, maxBodyBytes: http?.maxBodyBytes },
  lan: lan ? { port: lan.port, ownCertificate: lan.certFile === undefined, workstations: lan.workstations.length } : null,
  watch: watch ? { settleMs: watch.settleMs, maxFileBytes: watch.maxFileBytes } : null,
  mappings: mappings?.length ?? 0,
  databases: (databases ?? []).map(({ kind, everyMs, overlap, batch }) => ({ kind, everyMs, overlap, batch })),
  ...{ crossCheck, retention, disk, missingGraceMinutes: rest.missingGraceMinutes, updates: rest.updateUrl !== undefined },
})

type Running = Extract<AgentStatus['capture'], { state: 'running' }>

const countBy = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const aboutDay = ({ businessDay, workstations, closedAt }: Running['days'][number]) => ({
  ...{ businessDay, isClosed: closedAt !== undefined, workstations: workstations.length },
  closes: countBy(workstations.map(({ close }) => close)),
  missing: workstations.reduce((sum, { ledger }) => sum + ledger.missing.reduce((n, { from, to }) => n + to - from + 1, 0), 0),
})

const aboutCapture = (capture: AgentStatus['capture']) => {
  if (capture.state === 'failed') return { state: capture.state, message: redactText(capture.message) }
  if (capture.state === 'off') return { state: capture.state }
  const { state, records, newLife, disk, exceptions, exceptionCount, days, files } = capture
  return {
    ...{ state, records, newLife, exceptionCount, exceptions: countBy(exceptions.map(({ exception }) => exception.kind)) },
    disk: { state: disk.state, freeBytes: disk.freeBytes, ...maybe('message', disk.message && redactText(disk.message)) },
    days: days.map(aboutDay),
    files: files.map(({ readBytes, totalBytes, taken }) => ({ readBytes, totalBytes, taken })),
  }
}

const aboutStatus = ({ enrolment, engine, protection, capture }: AgentStatus) => ({
  ...{ enrolment: enrolment.state, engine, protection, capture: aboutCapture(capture) },
})

const aboutEngine = ({ link, rebuild, pending, counts, sync, transactions, priceChanges, quarantine }: ManagerView) => ({
  link: { state: link.state, since: link.since, code: link.code, ...maybe('message', link.message && redactText(link.message)) },
  ...{ rebuild, pending, counts, sync },
  shown: { transactions: transactions.length, priceChanges: priceChanges.length, quarantine: quarantine.length },
  transactionStates: countBy(transactions.map(({ state }) => state)),
})

/** As people read it, and as it is sent. */
export const bundleText = (inputs: BundleInputs): string => {
  const { requestId, madeAt, versions, platform, uptimeSeconds, settings, status, view, journal, logLines } = inputs
  const parts: unknown[] = [
    { part: 'bundle', requestId, madeAt },
    { part: 'computer', versions, platform: redactText(platform), uptimeSeconds },
    { part: 'configuration', ...aboutConfig(settings) },
    { part: 'agent', ...aboutStatus(status) },
    { part: 'journal', ...(journal ?? { state: 'closed' }) },
    { part: 'engine', ...(view ? aboutEngine(view) : { state: 'nothing published' }) },
    ...logLines.map((line) => ({ part: 'log', ...(redactLogLine(line) as object) })),
  ]
  return parts.map((part) => `${JSON.stringify(part)}\n`).join('')
}
