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

  it('[CAP3] [JNL4] respects a living process and names it, and takes over from one that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
    await once(child, 'spawn')
    await lockOf(child.pid ?? 0, '')
    await expect(lockFolder(dir)).rejects.toThrow(`process ${child.pid}`)
    child.stdin.end()
    await once(child, 'exit')
    await (
      await lockFolder(dir)
    )()
  })

  it('[JNL4] of several real processes that want it at once, one gets it, and the others are told its number', async () => {
    const program = `
      const { lockFolder } = await import(${JSON.stringify(new URL('lock.ts', import.meta.url).href)})
      await lockFolder(process.argv[1]).then(() => console.log('mine'), (fault) => console.log(fault.message))
      process.stdin.resume()`
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program, dir], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()))
    const winner = children[said.indexOf('mine')]
    expect(said.filter((one) => one === 'mine')).toHaveLength(1)
    for (const one of said)
      expect(['mine', `another program, process ${winner?.pid}, has this journal open already (${join(dir, 'journal.lock')})`]).toContain(
        one,
      )
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => once(child, 'exit')))
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
