import { describe, expect, it } from 'vitest'
import { decideInstall, fingerprintLock } from '#scripts/installed.mjs'

const lockText = JSON.stringify({
  packages: {
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  },
})
const record = (zodVersion: string): string => JSON.stringify({ packages: { 'node_modules/zod': { version: zodVersion } } })
const stamped = { lockText, stamp: fingerprintLock(lockText), recordText: record('4.6.7'), nodeRuns: true }

describe('what the bootstrap decides about node_modules', () => {
  it('installs on a bare clone', () => {
    expect(decideInstall({ ...stamped, stamp: undefined, recordText: undefined, nodeRuns: false })).toMatchObject({ kind: 'install' })
  })

  it('skips what it has installed from this very lockfile', () => {
    expect(decideInstall(stamped)).toEqual({ kind: 'ready' })
  })

  it('installs again once the lockfile asks for something else', () => {
    const changed = lockText.replace('4.6.7', '4.6.8')
    expect(decideInstall({ ...stamped, lockText: changed })).toEqual({ kind: 'install', why: 'package-lock.json has changed' })
  })

  it('takes over an installation made by hand, optional packages of other platforms being absent', () => {
    expect(decideInstall({ ...stamped, stamp: undefined })).toEqual({ kind: 'adopt' })
  })

  it('does not take over another version, a missing package or an unreadable record', () => {
    for (const recordText of [record('4.0.0'), JSON.stringify({ packages: {} }), '{ torn'])
      expect(decideInstall({ ...stamped, stamp: undefined, recordText })).toMatchObject({ kind: 'install' })
  })

  it('installs when npm was interrupted before it wrote its record, stamp or not', () => {
    expect(decideInstall({ ...stamped, recordText: undefined })).toMatchObject({ kind: 'install' })
  })

  it('installs when the project’s own Node is missing', () => {
    expect(decideInstall({ ...stamped, nodeRuns: false })).toMatchObject({ kind: 'install' })
  })
})
