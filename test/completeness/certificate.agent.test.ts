import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { checkCertificate } from '#main/completeness/certificate.ts'
import { proveDay } from '#main/completeness/prove.ts'
import { nodeDisk } from '#main/journal/disk.ts'
import { journalDir } from '#main/journal/journal.ts'
import { runCommand } from '#scripts/command.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { businessDay, openStore, saleAt } from './store.ts'

const verifier = join(checkoutRoot, 'docs/certificate/verify.mjs')
/** Somebody without our software. */
const { verifyCertificate } = (await import(verifier)) as { verifyCertificate: (bytes: Uint8Array, key?: string) => unknown }
const stranger = (bytes: Uint8Array, key?: string): string => {
  try {
    verifyCertificate(bytes, key)
    return 'proven'
  } catch {
    return 'refuted'
  }
}

const node = process.execPath
const journalCommand = (...args: string[]) => runCommand(node, [join(checkoutRoot, 'scripts/journal.ts'), ...args])

type Store = Awaited<ReturnType<typeof openStore>>

/** A day of two tills between sales of other days: a hole, a late number, a conflict, quarantine, a Z report that differs and one that agrees. */
const demoDay = async (store: Store): Promise<void> => {
  await store.sell(saleAt(7, { businessDay: '2026-01-30' }), saleAt(1), saleAt(2), saleAt(4))
  await store.exceptionsAre([`MISSING_NUMBER:34|${businessDay}|3`])
  await store.sell(saleAt(3), saleAt(6), saleAt(6, { operatorId: 'é\u0001"\\' }), saleAt(1, { workstationId: '35', kind: 'training' }))
  await store.call('/v1/transactions', 'no transaction at all')
  await store.sell(saleAt(2, { workstationId: '35', kind: 'return' }), saleAt(1, { businessDay: '2026-02-01' }))
  const cash = (amountMinor: number) => [{ kind: 'cash', amountMinor }]
  await store.call('/v1/day-closes', [
    { workstationId: '34', businessDay, totals: { transactionCount: 6, tenders: cash(1_500) } },
    { workstationId: '35', businessDay, totals: { transactionCount: 1 } },
  ])
  const conflict = `KEY_CONFLICT:dev-aaaaaaaaaaaa:${store.agent().journal.incarnation}:9`
  await store.exceptionsAre([`MISSING_NUMBER:34|${businessDay}|5`, `DAY_CLOSE_DIFFERS:34|${businessDay}`, conflict])
}

const certificateOf = async (store: Store): Promise<Uint8Array> => {
  const proof = await proveDay(nodeDisk, journalDir(store.dataDir), businessDay)
  return proof.outcome === 'proven' ? new TextEncoder().encode(proof.text) : expect.fail(proof.message)
}

const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const changed = Uint8Array.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ (1 << bit)
  return changed
}

describe('a day’s certificate', () => {
  it('[CMP6] is written while the agent runs, says what it proves, and convinces a stranger with the device’s key', async () => {
    const store = await openStore()
    await demoDay(store)
    const out = join(store.dataDir, 'certificate.jsonl')
    const proved = await journalCommand('prove', businessDay, '--data', store.dataDir, '--out', out)
    expect([proved.code, proved.stderr]).toEqual([0, ''])
    expect(proved.stdout).toContain('Till 34: numbers 1 to 6, 5 of them here; MISSING: 5.')
    expect(proved.stdout).toContain('DIFFERS: transactions: till 6, received here 5')
    expect(proved.stdout).toContain('Till 35: numbers 1 to 2, 2 of them here (1 training); none missing.')
    expect(proved.stdout).toContain('by tender: cash 15.00 USD (5)')
    const [checked, convinced, mistrusting, unclosed] = await Promise.all([
      journalCommand('check', out, '--key', store.signer.publicKey),
      runCommand(node, [verifier, out, store.signer.publicKey]),
      runCommand(node, [verifier, out, 'another']),
      journalCommand('prove', '2026-01-30', '--data', store.dataDir),
    ])
    expect([checked.code, convinced.code, convinced.stdout]).toEqual([0, 0, expect.stringContaining('PROVEN')])
    expect([mistrusting.code, mistrusting.stderr]).toEqual([1, expect.stringContaining('another key')])
    expect([unclosed.code, unclosed.stderr]).toEqual([1, expect.stringContaining('has no close')])
  })

  it('[CMP6] fails, for us and for a stranger, when any bit of it is changed', async () => {
    const store = await openStore()
    await demoDay(store)
    const bytes = await certificateOf(store)
    expect([checkCertificate(bytes).outcome, stranger(bytes)]).toEqual(['proven', 'proven'])
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = flipped(bytes, at, bit)
        expect([checkCertificate(changed).outcome, stranger(changed)]).toEqual(['refuted', 'refuted'])
      }),
      { numRuns: 300 },
    )
    const lines = new TextDecoder().decode(bytes).split('\n')
    for (let index = 0; index < lines.length - 1; index += 1) {
      const without = new TextEncoder().encode(lines.toSpliced(index, 1).join('\n'))
      expect([checkCertificate(without).outcome, stranger(without)]).toEqual(['refuted', 'refuted'])
    }
  })

  it('[CMP6] fails when one of the day’s records is left empty, for the sums were signed', async () => {
    const store = await openStore()
    await demoDay(store)
    const lines = new TextDecoder().decode(await certificateOf(store)).split('\n')
    const index = lines.findIndex((line) => line.includes('"kind":"transaction"') && line.includes('"payload"'))
    const { payload: _, ...link } = JSON.parse(lines[index] ?? '') as Record<string, unknown>
    const emptied = new TextEncoder().encode(lines.toSpliced(index, 1, JSON.stringify(link)).join('\n'))
    expect([checkCertificate(emptied).outcome, stranger(emptied)]).toEqual(['refuted', 'refuted'])
  })

  it('[CMP6] is refused, with the place, when any bit of the journal was changed since the day began', async () => {
    const store = await openStore()
    await demoDay(store)
    await store.stop()
    const dir = journalDir(store.dataDir)
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('.jsonl')) ?? '')
    const bytes = new Uint8Array(readFileSync(file))
    const dayBegins = bytes.indexOf(0x0a) + 1
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: dayBegins, max: bytes.length - 1 }), fc.nat(7), async (at, bit) => {
        writeFileSync(file, flipped(bytes, at, bit))
        const proof = await proveDay(nodeDisk, dir, businessDay)
        expect(proof).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/byte \d+, where record \d+ should stand/) })
      }),
      { numRuns: 150 },
    )
    // Between hash and content stands one space, which no hash covers.
    writeFileSync(file, flipped(bytes, dayBegins + 64, 0))
    expect((await proveDay(nodeDisk, dir, businessDay)).outcome).toBe('refused')
    writeFileSync(file, flipped(bytes, 5, 1))
    expect((await proveDay(nodeDisk, dir, businessDay)).outcome).toBe('proven')
    writeFileSync(file, bytes)
    await store.restart()
  })

  it('[CMP6] a new life closes the days anew, and the new chain proves them', async () => {
    const store = await openStore()
    await demoDay(store)
    const { journal } = store.agent()
    const from = journal.incarnation
    expect(await journal.renew(from, 'the disk was restored')).toMatchObject({ outcome: 'begun' })
    await store.sell(saleAt(2, { businessDay: '2026-02-01' }))
    await vi.waitFor(async () => expect((await proveDay(nodeDisk, journalDir(store.dataDir), businessDay)).outcome).toBe('proven'), {
      timeout: 5_000,
      interval: 50,
    })
    expect(new TextDecoder().decode(await certificateOf(store))).not.toContain(`"incarnation":"${from}"`)
  })
})
