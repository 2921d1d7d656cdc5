/**
 * From first start to capturing, free of Electron:
 *
 *   needed ⇄ trying → enrolled → capture running ⇄ failed (tried again until it works)
 *
 * Enrolment ends only by the hub's decision, and capture starts right after it, without a restart.
 */
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { AgentConfig, Identity } from '#sync/contract/config.ts'
import { must } from '#sync/contract/assert.ts'
import type { AgentStatus, EnrolmentOutcome, Reincarnation } from '#sync/contract/ipc.ts'
import type { Clock, ItemLookup, PluSink, PriceBasisLookup, Random } from '#sync/core/ports.ts'
import type { AgentSettings } from './agent-config.ts'
import type { AgentLog } from './agent-log.ts'
import { writeFileAtomically } from './atomic-file.ts'
import type { CaptureStateHolder } from './capture-state.ts'
import { enrolOnce, enrolUntilDecided, type EnrolmentAnswer, type Fetch } from './enrolment.ts'
import type { DeviceSigner } from './completeness/closing.ts'
import type { Keeper } from './completeness/keeper.ts'
import type { HubProtocol } from './hub-protocol.ts'
import type { Journal } from './journal/journal.ts'
import type { Vault } from './vault-file.ts'

export interface CapturingAgent {
  journal: Pick<Journal, 'head' | 'read' | 'onAppended' | 'begun' | 'renew' | 'acknowledge' | 'missing' | 'restore'>
  state: Pick<CaptureStateHolder, 'get' | 'onChanged'>
  plu: PluSink
  hubProtocol: Pick<HubProtocol, 'spoken'>
  digests: Keeper['digests']
  httpPort: number
  close(): Promise<void>
}
export interface CaptureInput {
  config: AgentConfig
  identity: Identity
  httpToken: string
  items: ItemLookup
  prices: PriceBasisLookup
  signer: DeviceSigner
  log: AgentLog
}

export interface LifecyclePorts {
  settings: AgentSettings
  vault: Vault
  items: ItemLookup
  prices: PriceBasisLookup
  log: AgentLog
  agentVersion: string
  fetch: Fetch
  after: Clock['after']
  random: Random
  startCapture: (input: CaptureInput) => Promise<CapturingAgent>
  onStatus: (status: AgentStatus) => void
  onCapturing: (agent: CapturingAgent) => void
  /** The journal has another incarnation: the engine must start anew on it. */
  onReincarnated: () => void
}

export interface AgentLifecycle {
  start(): Promise<void>
  submit(entered: { hubUrl: string; code: string }): Promise<EnrolmentOutcome>
  status(): AgentStatus
  /** The hub, or the local database, holds another history under this incarnation's numbers. */
  reincarnate(from: string, reason: string): Promise<Reincarnation>
  setEngine(state: AgentStatus['engine']): void
  setDiagnosticsRequest(request: AgentStatus['diagnosticsRequest']): void
  agent(): CapturingAgent | undefined
  hubUrl(): string | undefined
  close(): Promise<void>
}

const captureRetryMs = 3_000
const statusEveryMs = 500

const newLifeOf = ({ begun }: CapturingAgent['journal']) => (begun ? { newLife: { at: begun.at, records: begun.records } } : {})

export const tillTokenFile = (dataDir: string): string => join(dataDir, 'till-token')

/** One that is there is not written again: on a full disk that would keep sales from being taken. */
const keepTillToken = (file: string, content: string): void => {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return chmodSync(file, 0o600)
  writeFileAtomically(file, content, 0o600)
}

export const createAgentLifecycle = (ports: LifecyclePorts): AgentLifecycle => {
  const { settings, vault, log } = ports
  let capturing: CapturingAgent | undefined
  let closed = false
  let announceTimer: (() => void) | undefined
  let status: AgentStatus = {
    agentVersion: ports.agentVersion,
    enrolment: { state: 'needed', ...(settings.hubUrl ? { hubUrl: settings.hubUrl } : {}) },
    capture: { state: 'off' },
    engine: 'off',
    protection: vault.protection,
  }

  const hubUrl = (): string | undefined => settings.hubUrl ?? vault.enrolment()?.hubUrl

  const change = (part: Partial<AgentStatus>): void => {
    status = { ...status, ...part }
    ports.onStatus(status)
  }

  const countRecords = (seq: number): void => {
    if (status.capture.state === 'running') announceSoon({ ...status.capture, records: seq })
  }

  const showState = (agent: CapturingAgent): void => {
    if (status.capture.state === 'running') announceSoon({ ...status.capture, ...agent.state.get() })
  }

  const announceSoon = (capture: AgentStatus['capture']): void => {
    status = { ...status, capture }
    announceTimer ??= ports.after(statusEveryMs, () => {
      announceTimer = undefined
      ports.onStatus(status)
    })
  }

  const startCapture = async (): Promise<void> => {
    const { identity } = must(vault.enrolment(), 'enrolment')
    const { enrolmentCode: _spent, ...rest } = settings
    const config: AgentConfig = { ...rest, hubUrl: must(hubUrl(), 'hub address') }
    change({ enrolment: { state: 'enrolled', hubUrl: config.hubUrl, store: identity } })
    try {
      keepTillToken(tillTokenFile(settings.dataDir), `${vault.tillToken}\n`)
      const agent = await ports.startCapture({
        config,
        identity,
        httpToken: vault.tillToken,
        items: ports.items,
        prices: ports.prices,
        signer: vault,
        log,
      })
      if (closed) return void (await agent.close())
      capturing = agent
      change({
        capture: {
          ...{ state: 'running', httpPort: agent.httpPort, records: (await agent.journal.head()).seq },
          ...newLifeOf(agent.journal),
          ...agent.state.get(),
        },
      })
      agent.journal.onAppended(countRecords)
      agent.state.onChanged(() => showState(agent))
      ports.onCapturing(agent)
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : String(fault)
      log.error(`Sales are NOT being captured: ${message}`, { fault })
      change({ capture: { state: 'failed', message } })
      ports.after(captureRetryMs, () => void (closed || startCapture()))
    }
  }

  const keep = async (answer: EnrolmentAnswer, hub: string): Promise<EnrolmentOutcome> => {
    if (answer.outcome !== 'enrolled') return answer
    vault.keepEnrolment({ hubUrl: hub, identity: answer.identity })
    log.info('This computer is enrolled.', { deviceId: answer.identity.deviceId, storeId: answer.identity.storeId })
    await startCapture()
    return { outcome: 'enrolled' }
  }

  const ask = (hub: string, code: string) =>
    enrolOnce({ hubUrl: hub, code, publicKey: vault.publicKey, hostName: hostname().slice(0, 200) }, ports.fetch)

  const enrolWithGivenCode = async (hub: string, code: string): Promise<void> => {
    change({ enrolment: { state: 'trying', hubUrl: hub } })
    const answer = await enrolUntilDecided(() => ask(hub, code), {
      after: ports.after,
      random: ports.random,
      isCancelled: () => closed || vault.enrolment() !== undefined,
      onUnreachable: (message) => {
        log.warn(`Not enrolled yet: ${message} Trying again.`, { hubUrl: hub })
        if (!vault.enrolment()) change({ enrolment: { state: 'trying', hubUrl: hub, message } })
      },
    })
    if (answer === null || vault.enrolment()) return
    if (answer.outcome === 'enrolled') return void (await keep(answer, hub))
    log.error(`The hub refused the enrolment: ${answer.message}`, { code: answer.code })
    change({ enrolment: { state: 'needed', hubUrl: hub, problem: { code: answer.code, message: answer.message } } })
  }

  const start = async (): Promise<void> => {
    if (vault.enrolment()) return startCapture()
    if (settings.enrolmentCode && settings.hubUrl) return enrolWithGivenCode(settings.hubUrl, settings.enrolmentCode)
    ports.onStatus(status)
  }

  const submit: AgentLifecycle['submit'] = async (entered) => {
    if (vault.enrolment()) return { outcome: 'enrolled' }
    const hub = entered.hubUrl.trim()
    const answer = await ask(hub, entered.code)
    return vault.enrolment() ? { outcome: 'enrolled' } : keep(answer, hub)
  }

  const reincarnate: AgentLifecycle['reincarnate'] = async (from, reason) => {
    if (!capturing) return { outcome: 'refused', message: 'capture has not started' }
    const { journal } = capturing
    const renewal = await journal.renew(from, reason)
    if (renewal.outcome === 'refused') {
      log.error(`The journal stays as it is, and nothing is sent: ${renewal.message}.`, { reason })
      return renewal
    }
    const { incarnation } = await journal.head()
    const { after, records } = renewal.begun
    log.warn(`This disk was restored or copied: the journal goes on under a new incarnation with ${records} records.`, {
      after,
      incarnation,
      reason,
    })
    if (status.capture.state === 'running') change({ capture: { ...status.capture, ...newLifeOf(journal) } })
    ports.onReincarnated()
    return { outcome: 'begun', incarnation }
  }

  const close = async (): Promise<void> => {
    closed = true
    announceTimer?.()
    await capturing?.close()
  }

  return {
    start,
    submit,
    reincarnate,
    close,
    hubUrl,
    status: () => status,
    agent: () => capturing,
    setEngine: (engine) => change({ engine }),
    setDiagnosticsRequest: (request) => {
      const { diagnosticsRequest: _before, ...rest } = status
      status = rest
      change(request ? { diagnosticsRequest: request } : {})
    },
  }
}
