/**
 * Decides whether node_modules is what package-lock.json asks for. Pure: the bootstrap reads the files.
 * The stamp is the quick answer; npm's own record of what it installed (node_modules/.package-lock.json, written last)
 * is the thorough one, so that an installation made by hand is taken over instead of made again.
 */
import { createHash } from 'node:crypto'

/** @param {string} lockText */
export const fingerprintLock = (lockText) => createHash('sha256').update(lockText).digest('hex')

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lock
 */

/**
 * @param {string | undefined} text
 * @returns {Lock | undefined}
 */
const parseLock = (text) => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Every required package of the lockfile is recorded in the same version; optional ones (other platforms) may be absent.
 * @param {string} lockText
 * @param {string | undefined} recordText
 */
const recordMatches = (lockText, recordText) => {
  const wanted = parseLock(lockText)?.packages
  const present = parseLock(recordText)?.packages
  if (wanted === undefined || present === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version
  })
}

/**
 * @param {{ lockText: string, stamp: string | undefined, recordText: string | undefined, nodeRuns: boolean }} seen
 * @returns {{ kind: 'ready' } | { kind: 'adopt' } | { kind: 'install', why: string }}
 */
export const decideInstall = ({ lockText, stamp, recordText, nodeRuns }) => {
  if (recordText === undefined) return { kind: 'install', why: 'no packages are installed yet' }
  if (!nodeRuns) return { kind: 'install', why: 'the Node of this project is not installed' }
  if (stamp === fingerprintLock(lockText)) return { kind: 'ready' }
  if (recordMatches(lockText, recordText)) return { kind: 'adopt' }
  return { kind: 'install', why: 'package-lock.json has changed' }
}
