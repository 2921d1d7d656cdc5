import { readFileSync } from 'node:fs'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { describe, expect, it } from 'vitest'
import { exceptionKindNames, exceptionKinds, quarantineKind } from './kinds.ts'

describe('exception kinds', () => {
  it('[HUB7] each says what it means and what its owner does, in whole sentences', () => {
    for (const kind of exceptionKindNames) {
      expect(exceptionKinds[kind].meaning, kind).toMatch(/^[A-Z].+\.$/)
      expect(exceptionKinds[kind].action, kind).toMatch(/^[A-Z].+\.$/)
    }
  })

  it('[CAP7] a quarantined record has the kind of its code; a code that is none of them, or no code, is INVALID', () => {
    expect(quarantineKind('UNSAFE_XML')).toBe('UNSAFE_XML')
    expect(quarantineKind('BROKEN_CHAIN')).toBe('BROKEN_CHAIN')
    // Not every kind may be claimed by what a till sent.
    for (const other of ['PRICE_JUMP', 'NOT_COUNTED', 'toString', '', undefined]) expect(quarantineKind(other)).toBe('INVALID')
  })

  it('[HUB7] the runbook speaks of kinds and codes that exist', () => {
    const runbook = readFileSync(new URL('../../docs/runbooks/hub.md', import.meta.url), 'utf8')
    const troubles = runbook.slice(runbook.indexOf('## When something is wrong'))
    const named = [...troubles.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map((match) => match[1])
    expect(named).toEqual(expect.arrayContaining(['BROKEN_CHAIN', 'UNKNOWN_ITEM']))
    const known: readonly string[] = [...exceptionKindNames, ...errorCodeNames]
    expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([])
  })
})
