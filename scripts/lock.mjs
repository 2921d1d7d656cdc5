/**
 * One holder at a time across processes: a lock file that names its holder's pid and start.
 * A holder that died leaves a stale file, which the next one takes over; a live one is waited for.
 * Plain JavaScript without dependencies, since the bootstrap needs it before anything is installed.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const POLL_MS = 200

/**
 * When a process started, where the system tells: a pid alone is given again after a restart of machine or container.
 * @param {number} pid
 */
const startOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** @param {number} pid */
const describe = (pid) => `${pid} ${startOf(pid)}`

/** @param {string} holder */
const pidOf = (holder) => Number(holder.split(' ')[0])

/** @param {string} holder */
const isAlive = (holder) => {
  const pid = pidOf(holder)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false
  }
  return describe(pid) === holder
}

/** @param {string} path */
const readHolder = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * The name appears together with its content (a hard link of a finished file), so no reader sees an empty lock.
 * @param {string} path
 */
const tryTake = (path) => {
  const own = `${path}.${process.pid}.${randomUUID()}`
  writeFileSync(own, describe(process.pid))
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/**
 * Moved aside before it is removed: of two processes that both saw the dead holder, one rename wins. Should the file
 * have changed hands in between, it is put back.
 * @param {string} path
 * @param {string} deadHolder
 */
const removeStale = (path, deadHolder) => {
  const aside = `${path}.stale.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readHolder(aside) !== deadHolder) {
    try {
      linkSync(aside, path)
    } catch {
      // somebody else holds it by now: the one moved aside waits no longer than its own work
    }
  }
  rmSync(aside, { force: true })
}

/**
 * Runs `work` while holding the lock; `onWait` is called once if another process holds it.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (pid: number) => void, pollMs?: number }} [options]
 * @returns {Promise<T>}
 */
export const withLock = async (path, work, options = {}) => {
  mkdirSync(dirname(path), { recursive: true })
  let waited = false
  while (!tryTake(path)) {
    const holder = readHolder(path)
    if (holder !== undefined && !isAlive(holder)) {
      removeStale(path, holder)
      continue
    }
    if (!waited && holder !== undefined) options.onWait?.(pidOf(holder))
    waited = true
    await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? POLL_MS))
  }
  try {
    return await work()
  } finally {
    if (readHolder(path) === describe(process.pid)) rmSync(path, { force: true })
  }
}
