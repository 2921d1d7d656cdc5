import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JournalInUse, lockFolder } from './lock.ts'

describe('journal lock', () => {
  let dir: string
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'tideline-lock-'))))
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const lockOf = (pid: number, started: string): Promise<void> =>
    writeFile(join(dir, 'journal.lock'), JSON.stringify({ pid, started, token: 'x' }))

  it('[CAP3] lets one writer in, and the next one after it left', async () => {
    const release = await lockFolder(dir)
    await expect(lockFolder(dir)).rejects.toBeInstanceOf(JournalInUse)
    await release()
    await (
      await lockFolder(dir)
    )()
    expect(await readdir(dir)).toEqual([])
  })

  it('[CAP3] respects a living process, and takes over from one that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    await once(child, 'spawn')
    await lockOf(child.pid ?? 0, '')
    await expect(lockFolder(dir)).rejects.toBeInstanceOf(JournalInUse)
    child.stdin.end()
    await once(child, 'exit')
    await (
      await lockFolder(dir)
    )()
  })

  it.each([
    ['of a process whose number another one has now', process.ppid, 'another boot 1'],
    ['of an earlier life of our own number', process.pid, 'another boot 1'],
  ])('takes over a lock %s', async (_name, pid, started) => {
    await lockOf(pid, started)
    await (
      await lockFolder(dir)
    )()
  })

  it('takes over a lock that is no lock', async () => {
    await writeFile(join(dir, 'journal.lock'), '')
    await (
      await lockFolder(dir)
    )()
  })
})
