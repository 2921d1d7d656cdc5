import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { genesisHash } from '#sync/contract/record.ts'
import { incarnationSchema, instantSchema } from '#sync/contract/vocabulary.ts'
import type { AgentStatus } from '#sync/contract/ipc.ts'
import { createManualClock } from '#test/shell/manual-clock.ts'
import { store } from '#test/shell/views.ts'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { createCaptureState, emptyCaptureState } from './capture-state.ts'
import { loadSettings } from './agent-config.ts'
import { createAgentLifecycle, tillTokenFile, type CaptureInput, type CapturingAgent } from './agent-lifecycle.ts'
import { silentLog } from './agent-log.ts'
import { noSealer, openVault } from './vault-file.ts'

type HubAnswer = Response | 'away'
const yes = () => Response.json(store, { status: 201 })
const no = () => Response.json({ code: 'BAD_ENROLMENT_CODE', message: 'used' }, { status: 400 })

const setUp = (options: { env?: Record<string, string>; hub?: () => HubAnswer; captureFails?: () => boolean; dataDir?: string } = {}) => {
  const dataDir = options.dataDir ?? tempFolder()
  const loaded = loadSettings({ argv: [], env: { TIDELINE_DATA_DIR: dataDir, ...options.env }, defaultDataDir: dataDir })
  const opened = openVault(join(dataDir, 'vault.json'), noSealer)
  if (loaded.outcome !== 'loaded' || opened.outcome !== 'opened') throw new Error('set-up failed')
  const clock = createManualClock()
  const starts: CaptureInput[] = []
  const statuses: AgentStatus[] = []
  const captured: ((seq: number) => void)[] = []
  const closed: string[] = []
  const agent: CapturingAgent = {
    httpPort: 7310,
    journal: {
      head: async () => ({ incarnation: incarnationSchema.parse('aaaaaaaaaaaa'), seq: 5, hash: genesisHash }),
      read: async () => [],
      onAppended: (callback) => {
        captured.push(callback)
        return () => undefined
      },
      begun: undefined,
      renew: async (from, reason) => {
        if (from !== 'aaaaaaaaaaaa') return { outcome: 'refused', message: 'not this one' }
        const begun = { at: instantSchema.parse('2026-03-02T10:00:00.000Z'), after: incarnationSchema.parse(from), records: 5, reason }
        Object.assign(agent.journal, { begun })
        return { outcome: 'begun', begun }
      },
      acknowledge: () => undefined,
      missing: () => [],
      restore: async () => ({ restored: 0, refused: 0 }),
    },
    state: createCaptureState(),
    plu: { publish: async () => undefined },
    hubProtocol: { spoken: () => undefined },
    digests: async () => [],
    close: async () => void closed.push('agent'),
  }
  const capturing: CapturingAgent[] = []
  let reincarnated = 0
  const lifecycle = createAgentLifecycle({
    settings: loaded.settings,
    vault: opened.vault,
    items: { lookup: async () => null },
    prices: { basis: async () => null },
    log: silentLog,
    agentVersion: '0.1.0',
    fetch: async () => {
      const answer = (options.hub ?? yes)()
      if (answer === 'away') throw new Error('ECONNREFUSED')
      return answer
    },
    after: clock.after,
    random: () => 0,
    startCapture: async (input) => {
      starts.push(input)
      if (options.captureFails?.()) throw new Error('the port 7310 is taken')
      return agent
    },
    onStatus: (status) => statuses.push(status),
    onCapturing: (it) => capturing.push(it),
    onReincarnated: () => (reincarnated += 1),
  })
  return {
    dataDir,
    clock,
    lifecycle,
    vault: opened.vault,
    starts,
    statuses,
    capturing,
    closed,
    reincarnated: () => reincarnated,
    append: (seq: number) => captured.forEach((callback) => callback(seq)),
  }
}
const code = { TIDELINE_HUB_URL: 'http://127.0.0.1:4000', TIDELINE_ENROLMENT_CODE: 'ABCD-EFGH-JKLM' }

describe('the agent’s life', () => {
  it('[TRN11] with a code enrols by itself and captures without a restart; the next start needs neither code nor hub', async () => {
    const first = setUp({ env: code })
    await first.lifecycle.start()
    expect(first.capturing).toHaveLength(1)
    expect(first.starts[0]).toMatchObject({
      identity: store,
      httpToken: first.vault.tillToken,
      config: { hubUrl: code.TIDELINE_HUB_URL, dataDir: first.dataDir },
    })
    expect(first.starts[0]!.config).not.toHaveProperty('enrolmentCode')

    const second = setUp({ dataDir: first.dataDir, hub: () => 'away' })
    await second.lifecycle.start()
    expect(second.starts[0]).toMatchObject({ identity: store, config: { hubUrl: code.TIDELINE_HUB_URL } })
  })

  it('[TRN11] asks again while the hub is away', async () => {
    let isAway = true
    const { clock, lifecycle, capturing, statuses } = setUp({ env: code, hub: () => (isAway ? 'away' : yes()) })
    const started = lifecycle.start()
    await clock.advance(2_000)
    expect(statuses.at(-1)!.enrolment).toMatchObject({ state: 'trying', message: 'http://127.0.0.1:4000 cannot be reached.' })
    isAway = false
    await clock.advance(60_000)
    await started
    expect(capturing).toHaveLength(1)
  })

  it('[TRN11] shows a refused code and takes another from the window', async () => {
    let isRefused = true
    const { lifecycle, statuses, capturing } = setUp({ env: code, hub: () => (isRefused ? no() : yes()) })
    await lifecycle.start()
    expect(statuses.at(-1)!.enrolment).toMatchObject({ state: 'needed', problem: { code: 'BAD_ENROLMENT_CODE' } })
    expect(await lifecycle.submit({ hubUrl: 'http://127.0.0.1:4000', code: 'AAAA-BBBB-CCCC' })).toMatchObject({
      outcome: 'refused',
      code: 'BAD_ENROLMENT_CODE',
    })
    isRefused = false
    expect(await lifecycle.submit({ hubUrl: ' http://127.0.0.1:4000 ', code: 'AAAA-BBBB-DDDD' })).toEqual({ outcome: 'enrolled' })
    expect(capturing).toHaveLength(1)
    expect(statuses.at(-1)!.capture).toEqual({ state: 'running', httpPort: 7310, records: 5, ...emptyCaptureState })
  })

  it('[TRN11] never enrols twice: the window wins, the waiting attempt ends', async () => {
    let answers = 0
    const { clock, lifecycle, starts, vault } = setUp({ env: code, hub: () => (answers++ === 0 ? 'away' : yes()) })
    const started = lifecycle.start()
    await clock.advance(0)
    await lifecycle.submit({ hubUrl: 'http://127.0.0.1:5000', code: 'AAAA-BBBB-CCCC' })
    await clock.advance(60_000)
    await started
    expect([starts.length, answers, vault.enrolment()?.hubUrl]).toEqual([1, 2, 'http://127.0.0.1:5000'])
    expect(await lifecycle.submit({ hubUrl: 'x', code: 'y' })).toEqual({ outcome: 'enrolled' })
  })

  it('[CAP12] keeps trying to capture, and says loudly that it does not', async () => {
    let fails = true
    const { clock, lifecycle, statuses, capturing } = setUp({ env: code, captureFails: () => fails })
    await lifecycle.start()
    expect(statuses.at(-1)!.capture).toEqual({ state: 'failed', message: 'the port 7310 is taken' })
    fails = false
    await clock.advance(3_000)
    expect([capturing.length, statuses.at(-1)!.capture.state]).toEqual([1, 'running'])
  })

  it('counts records for the window, gathered to two pushes a second', async () => {
    const { clock, lifecycle, statuses, append } = setUp({ env: code })
    await lifecycle.start()
    const before = statuses.length
    for (let seq = 6; seq <= 105; seq++) append(seq)
    await clock.advance(500)
    expect(statuses.slice(before).map((s) => s.capture)).toEqual([{ state: 'running', httpPort: 7310, records: 105, ...emptyCaptureState }])
  })

  it('[OPS3] gives the tills’ token to its owner alone', async () => {
    const { dataDir, lifecycle, vault } = setUp({ env: code })
    await lifecycle.start()
    expect(readFileSync(tillTokenFile(dataDir), 'utf8').trim()).toBe(vault.tillToken)
    expect(statSync(tillTokenFile(dataDir)).mode & 0o777).toBe(0o600)
  })

  it('[CAP3] lets the journal begin a new life, says so, and has the engine start anew; refused, all stays as it is', async () => {
    const { lifecycle, statuses, reincarnated } = setUp({ env: code })
    expect(await lifecycle.reincarnate('aaaaaaaaaaaa', 'too early')).toMatchObject({ outcome: 'refused' })
    await lifecycle.start()
    expect(await lifecycle.reincarnate('bbbbbbbbbbbb', 'not ours')).toMatchObject({ outcome: 'refused' })
    expect([reincarnated(), statuses.at(-1)!.capture]).toEqual([0, { state: 'running', httpPort: 7310, records: 5, ...emptyCaptureState }])
    expect(await lifecycle.reincarnate('aaaaaaaaaaaa', 'the hub holds more')).toMatchObject({ outcome: 'begun' })
    expect(reincarnated()).toBe(1)
    expect(statuses.at(-1)!.capture).toMatchObject({ state: 'running', newLife: { at: '2026-03-02T10:00:00.000Z', records: 5 } })
  })

  it('closes what it opened, and starts nothing afterwards', async () => {
    const failing = setUp({ env: code, captureFails: () => true })
    await failing.lifecycle.start()
    await failing.lifecycle.close()
    await failing.clock.advance(60_000)
    expect([failing.starts.length, failing.closed]).toEqual([1, []])
    const running = setUp({ env: code })
    await running.lifecycle.start()
    await running.lifecycle.close()
    expect(running.closed).toEqual(['agent'])
  })
})
