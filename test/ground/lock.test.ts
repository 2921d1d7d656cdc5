/** Several processes start together: one holds the lock, the others wait, a dead holder is taken over. */
import { spawn, spawnSync } from 'node:child_process'
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withLock } from '#scripts/lock.mjs'
import { checkoutRoot } from '#scripts/root.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tideline-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lockUrl = pathToFileURL(join(checkoutRoot, 'scripts', 'lock.mjs')).href

/** Writes two lines while holding the lock; with another holder inside, the pairs would interleave. */
const contender = (path: string, log: string): string => `
  import { withLock } from '${lockUrl}'
  import { appendFileSync } from 'node:fs'
  for (let turn = 0; turn < 5; turn += 1)
    await withLock('${path}', async () => {
      appendFileSync('${log}', 'in ' + process.pid + '\\n')
      await new Promise((resolve) => setImmediate(resolve))
      appendFileSync('${log}', 'out ' + process.pid + '\\n')
    }, { pollMs: 1 })
`

const runContender = (path: string, log: string): Promise<number | null> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', contender(path, log)], { stdio: 'inherit' })
    child.once('exit', resolve)
  })

const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid

it('[OPS2] lets one process in at a time, also when all find the lock of a dead one', async () => {
  const path = join(folder, 'work.lock')
  const log = join(folder, 'log')
  await writeFile(path, `${deadPid()} 1`)
  expect(await Promise.all([1, 2, 3, 4].map(() => runContender(path, log)))).toEqual([0, 0, 0, 0])
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(40)
  for (let index = 0; index < lines.length; index += 2) expect(lines[index + 1]).toBe(lines[index]?.replace('in', 'out'))
})

it('[OPS2] does not wait for a stranger that was given the pid of a dead holder', async () => {
  const path = join(folder, 'work.lock')
  await writeFile(path, `${process.ppid} 1`)
  expect(await withLock(path, async () => 'taken over')).toBe('taken over')
})

it('[OPS2] says once for whom it waits, and leaves nothing behind', async () => {
  const path = join(folder, 'work.lock')
  const waitedFor: number[] = []
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const first = withLock(path, () => released)
  const onWait = (pid: number): void => {
    waitedFor.push(pid)
    release()
  }
  await withLock(path, () => appendFile(join(folder, 'log'), 'second'), { onWait, pollMs: 1 })
  await first
  expect(waitedFor).toEqual([process.pid])
  expect(await readdir(folder)).toEqual(['log'])
})

it('releases the lock when the work fails', async () => {
  const path = join(folder, 'work.lock')
  const failing = withLock(path, () => Promise.reject(new Error('no space')))
  await expect(failing).rejects.toThrow('no space')
  expect(await withLock(path, async () => 'next')).toBe('next')
})
