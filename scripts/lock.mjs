/**
 * One holder at a time across processes: a lock file that names its holder's pid.
 * A holder that died leaves a stale file, which the next one takes over; a live one is waited for.
 * Plain JavaScript without dependencies, since the bootstrap needs it before anything is installed.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const POLL_MS = 200

/** @param {number} pid */
const isAlive = (pid) => {
  if (!Number.isInteger(pid)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/** @param {string} path */
const readHolder = (path) => {
  try {
    return Number(readFileSync(path, 'utf8'))
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
  writeFileSync(own, String(process.pid))
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
 * @param {number} deadPid
 */
const removeStale = (path, deadPid) => {
  const aside = `${path}.stale.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readHolder(aside) !== deadPid) {
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
    if (!waited && holder !== undefined) options.onWait?.(holder)
    waited = true
    await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? POLL_MS))
  }
  try {
    return await work()
  } finally {
    if (readHolder(path) === process.pid) rmSync(path, { force: true })
  }
}
