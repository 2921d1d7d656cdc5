/** What each window may ask of main. The engine reads the journal and signs hellos; the manager's window reads views and sends commands. */
import { must } from '#sync/contract/assert.ts'
import type { engineToMain, IpcResponse, ManagerView, managerToMain } from '#sync/contract/ipc.ts'
import { helloText } from '#sync/contract/up.ts'
import type { Probe } from '#sync/core/ports.ts'
import { agentFacts } from './agent-facts.ts'
import type { AgentLifecycle, CapturingAgent } from './agent-lifecycle.ts'
import type { AgentLog } from './agent-log.ts'
import type { DiagnosticsDesk } from './diagnostics/desk.ts'
import { CodedError } from './ipc/coded-error.ts'
import type { Handlers } from './ipc/request-table.ts'
import type { Vault } from './vault-file.ts'

type Configuration = IpcResponse<typeof engineToMain, 'engine.configuration'>

const agentOf = (lifecycle: AgentLifecycle): CapturingAgent => {
  const agent = lifecycle.agent()
  if (!agent) throw new CodedError('NOT_READY', 'capture has not started')
  return agent
}

const [helloPrefix] = helloText('', '', '').split('\n')

/** The key proves this device to the hub, and signs nothing else. */
const signHello = (vault: Vault, text: string): string => {
  if (!text.startsWith(`${helloPrefix}\n`)) throw new CodedError('INVALID', 'only a hello is signed')
  return vault.sign(text)
}

export interface EngineHandlersPorts {
  lifecycle: AgentLifecycle
  vault: Vault
  log: AgentLog
  diagnostics: Pick<DiagnosticsDesk, 'requested'>
  probe: Probe
  onView: (view: ManagerView) => void
}

export const createEngineHandlers = ({
  lifecycle,
  vault,
  log,
  diagnostics,
  probe,
  onView,
}: EngineHandlersPorts): Handlers<typeof engineToMain> => ({
  'engine.configuration': (): Configuration => {
    const { hubUrl, identity } = must(vault.enrolment(), 'enrolment')
    return { hubUrl: lifecycle.hubUrl() ?? hubUrl, identity, agentVersion: lifecycle.status().agentVersion }
  },
  'journal.head': () => agentOf(lifecycle).journal.head(),
  'journal.read': ({ afterSeq, limit }) => agentOf(lifecycle).journal.read(afterSeq, limit),
  'journal.reincarnate': ({ incarnation, reason }) => lifecycle.reincarnate(incarnation, reason),
  'journal.acknowledged': ({ incarnation, ackedSeq }) => {
    agentOf(lifecycle).journal.acknowledge(incarnation, ackedSeq)
    return null
  },
  'journal.missing': () => agentOf(lifecycle).journal.missing(),
  'journal.restore': ({ records }) => agentOf(lifecycle).journal.restore(records),
  'journal.days': ({ limit, throughSeq }) => agentOf(lifecycle).digests(limit, throughSeq),
  'agent.facts': () => agentFacts(agentOf(lifecycle)),
  'diagnostics.requested': ({ requestId, reason }) => {
    diagnostics.requested(requestId, reason)
    return null
  },
  'hub.probe': probe,
  'hub.speaks': ({ protocolVersion }) => {
    agentOf(lifecycle).hubProtocol.spoken(protocolVersion)
    return null
  },
  'device.sign': ({ text }) => signHello(vault, text),
  'plu.publish': async (publication) => {
    await agentOf(lifecycle).plu.publish(publication)
    return null
  },
  'view.publish': (view) => {
    onView(view)
    return null
  },
  'engine.log': ({ level, message, fields }) => {
    log[level](message, { from: 'engine', ...fields })
    return null
  },
})

export interface ManagerHandlersPorts {
  lifecycle: AgentLifecycle
  view: () => ManagerView | null
  syncNow: () => Promise<null>
  diagnostics: Pick<DiagnosticsDesk, 'preview' | 'decide'>
}

export const createManagerHandlers = ({ lifecycle, view, syncNow, diagnostics }: ManagerHandlersPorts): Handlers<typeof managerToMain> => ({
  'view.get': view,
  'sync.now': syncNow,
  'agent.status': () => lifecycle.status(),
  'diagnostics.preview': ({ requestId }) => diagnostics.preview(requestId),
  'diagnostics.decide': async ({ requestId, granted }) => {
    await diagnostics.decide(requestId, granted)
    return null
  },
  'enrolment.submit': (entered) => lifecycle.submit(entered),
})
