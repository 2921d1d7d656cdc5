import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '#test/engine/virtual-clock.ts'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { silentLog } from '../agent-log.ts'
import { createDiagnosticsDesk, type DeskPorts, type DiagnosticsDesk } from './desk.ts'

type Sent = Parameters<DeskPorts['send']>[0]

const requestId = 'diag-0001'
let dir: string
let clock: VirtualClock
let sent: Sent[]
let isUp: boolean
let builds: number
let shown: Parameters<DeskPorts['onChanged']>[0][]

const open = (): DiagnosticsDesk => {
  const desk = createDiagnosticsDesk({
    ...{ dir, clock, log: silentLog, onChanged: (waiting) => shown.push(waiting) },
    build: (id) => Promise.resolve(`{"part":"bundle","requestId":"${id}","number":${(builds += 1)}}\n`),
    send: (answer) => {
      if (!isUp) return Promise.reject(new Error('the engine is away'))
      sent.push(answer)
      return Promise.resolve({ outcome: 'sent' })
    },
  })
  desk.start()
  return desk
}
const textOf = (answer: Sent | undefined): string => gunzipSync(Buffer.from(answer?.bundle ?? '', 'base64')).toString()

beforeEach(() => {
  dir = join(tempFolder(), 'diagnostics')
  clock = new VirtualClock('2026-03-02T10:00:00.000Z')
  ;[sent, shown, isUp, builds] = [[], [], true, 0]
})

describe('the desk for support bundles', () => {
  it('[OPS7] sends nothing before the manager said yes, and then exactly what the manager could look at', async () => {
    const desk = open()
    desk.requested(requestId, 'prices arrive late')
    expect(shown).toEqual([{ requestId, reason: 'prices arrive late' }])
    await clock.advance(3_600_000)
    expect([sent, builds]).toEqual([[], 0])
    const preview = await desk.preview(requestId)
    await desk.preview(requestId)
    await desk.decide(requestId, true)
    await clock.until(() => sent.length === 1)
    expect([textOf(sent[0]), builds]).toEqual([preview?.text, 1])
    expect(preview?.bytes).toBe(Buffer.from(sent[0]?.bundle ?? '', 'base64').length)
    expect(shown.at(-1)).toBeUndefined()
    expect(await desk.preview(requestId)).toBeNull()
  })
  it('[OPS7] a no is told, and nothing is made or kept', async () => {
    const desk = open()
    desk.requested(requestId, 'why')
    await desk.preview(requestId)
    await desk.decide(requestId, false)
    await clock.until(() => sent.length === 1)
    expect([sent, existsSync(join(dir, 'bundle.jsonl.gz'))]).toEqual([[{ requestId, bundle: null }], false])
    await desk.decide(requestId, true)
    await clock.advance(600_000)
    expect(sent).toHaveLength(1)
  })
  it('[OPS7] request and answer survive a restart, and the answer is sent when the line is back', async () => {
    open().requested(requestId, 'why')
    const second = open()
    expect(shown.at(-1)).toEqual({ requestId, reason: 'why' })
    const preview = await second.preview(requestId)
    isUp = false
    await second.decide(requestId, true)
    await clock.advance(1_000)
    second.close()
    const third = open()
    await clock.advance(120_000)
    isUp = true
    await clock.until(() => sent.length === 1)
    expect([textOf(sent[0]), builds]).toEqual([preview?.text, 1])
    if (process.platform !== 'win32') expect(statSync(join(dir, 'bundle.jsonl.gz')).mode & 0o077).toBe(0)
    third.close()
  })
  it('[OPS7] a hub that asks again for what it was answered is answered again, without another question', async () => {
    const desk = open()
    desk.requested(requestId, 'why')
    await desk.decide(requestId, true)
    await clock.until(() => sent.length === 1)
    desk.requested(requestId, 'why')
    await clock.until(() => sent.length === 2)
    expect(sent[1]).toEqual(sent[0])
    expect(shown.filter((waiting) => waiting !== undefined)).toHaveLength(1)
  })
  it('[OPS7] a request is forgotten after seven days, and a newer one takes its place', async () => {
    const desk = open()
    desk.requested(requestId, 'old')
    desk.requested('diag-0002', 'new')
    expect(shown.at(-1)).toEqual({ requestId: 'diag-0002', reason: 'new' })
    expect(await desk.preview(requestId)).toBeNull()
    desk.close()
    await clock.advance(8 * 86_400_000)
    shown = []
    const later = open()
    await later.decide('diag-0002', true)
    expect([shown, sent, existsSync(join(dir, 'request.json'))]).toEqual([[], [], false])
  })
  it('[OPS7] a request file that cannot be read stops nothing', () => {
    open().requested(requestId, 'why')
    writeFileSync(join(dir, 'request.json'), '{')
    shown = []
    open()
    expect(shown).toEqual([])
  })
})
