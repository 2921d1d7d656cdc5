import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from './agent-log.ts'
import type { PruneRequest } from './journal/prune-plan.ts'
import { startRetention } from './retention.ts'

describe('retention', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'tideline-retention-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('[JNL5] asks the journal hourly, urgently on a full disk, and removes taken files once they are old', async () => {
    const asked: PruneRequest[] = []
    const due: (() => void)[] = []
    let nowMs = Date.now()
    let isTight = false
    await mkdir(join(folder, 'kept'))
    await writeFile(join(folder, 'day.xml'), '<a/>')
    const retention = startRetention({
      journal: { prune: async (request) => (asked.push(request), { segments: 0, formerLives: 0, bytes: 0 }) },
      retention: { days: 30, maxBytes: 5_000_000 },
      ...{ doneDir: folder, log: silentLog, isTight: () => isTight },
      clock: { nowMs: () => nowMs, after: (_delayMs, callback) => (due.push(callback), () => undefined) },
    })
    due.shift()?.()
    await retention.run()
    expect([asked.length, await readdir(folder)]).toEqual([1, ['day.xml', 'kept']])
    expect(due).toHaveLength(1)
    nowMs += 31 * 86_400_000
    isTight = true
    await retention.run()
    expect(await readdir(folder)).toEqual(['kept'])
    expect(asked[1]).toEqual({ days: 30, maxBytes: 5_000_000, today: new Date(nowMs).toISOString().slice(0, 10), isUrgent: true })
    await retention.close()
  })
})
