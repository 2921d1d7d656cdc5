import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { saleOf } from '../fixtures/transactions.ts'

const root = new URL('../../', import.meta.url).pathname
const dir = mkdtempSync(join(tmpdir(), 'tideline-check-'))
afterAll(() => rmSync(dir, { recursive: true }))

const check = (...args: string[]): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/capture.ts', 'check', ...args], { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}
const fileOf = (name: string, content: unknown): string => {
  const path = join(dir, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const kiosk = ['--mapping', 'test/fixtures/delimited/kiosk.mapping.json', 'test/fixtures/delimited/Umsatz_2026-03-02.csv']

describe('npm run capture -- check', () => {
  it('[CAP7] says what would be taken from files of every dialect, and what not and why, without being told the store', () => {
    const { status, stdout } = check(...kiosk, 'test/fixtures/naxml/register-day.xml', 'test/fixtures/poslog/poslog-stockview-ixretail.xml')
    expect(status).toBe(1)
    expect(stdout).toContain('the store is taken to be "K7"')
    expect(stdout).toContain('4 taken, 0 known already, 0 in conflict, 1 quarantined')
    expect(stdout).toContain('line 6: INVALID mapping "kiosk", column "Menge", line 6: "eins" is not a number')
    expect(stdout).toContain('1103.59 EUR in 4 transactions')
    expect(stdout).toContain('the store is taken to be "77"')
    expect(stdout).toContain('all files: 13 taken')
  })

  it('counts duplicates and conflicts by natural key within the run, as one line of JSON', () => {
    const first = fileOf('a.json', [saleOf(1), saleOf(2)])
    const again = fileOf('b.json', [saleOf(2), saleOf(1, { operatorId: 'another' }), saleOf(3)])
    const { status, stdout } = check('--json', first, again)
    expect(status).toBe(1)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual({
      ...{ taken: 3, duplicates: 1, conflicts: 1, quarantined: 0, warnings: 0 },
      ...{ byKind: { sale: 3 }, byDialect: { json: 3 }, totals: { USD: { transactions: 3, grandMinor: 900 } } },
    })
    expect(check('--json', first).status).toBe(0)
  })

  it('refuses what belongs to another store than the one that was named', () => {
    const { status, stdout } = check('--json', '--store', '10', fileOf('c.json', [saleOf(1)]))
    expect([status, JSON.parse(stdout)]).toMatchObject([1, { taken: 0, quarantined: 1 }])
  })

  it('[CAP20] warns of a time that the clocks showed twice', () => {
    const { stdout } = check('--json', '--time-zone', 'Europe/Berlin', fileOf('d.json', [saleOf(1, { endedAt: '2026-10-25T02:30:00' })]))
    expect(JSON.parse(stdout)).toMatchObject({ taken: 1, warnings: 1 })
  })

  it('[CAP18] names the receipts that do not add up, with every sum, and is content with the file all the same', () => {
    const { status, stdout } = check(fileOf('e.json', [saleOf(1), saleOf(2, { tenders: [] })]))
    expect(status).toBe(0)
    expect(stdout).toContain('2 taken')
    expect(stdout).toContain('warnings    1, kept with their transactions')
    expect(stdout).toMatch(
      / {2}warning {5}.*: DOES_NOT_ADD_UP the receipt does not add up: total 3\.00 USD, lines 3\.00 USD, .*tenders 0\.00 USD/,
    )
  })

  it('says how it is used, and what is wrong with a mapping', () => {
    expect(check()).toMatchObject({ status: 2, stderr: expect.stringContaining('npm run capture -- check FILE...') })
    expect(check('--time-zone', 'Nowhere/Else', 'x').status).toBe(2)
    expect(check('--mapping', fileOf('m.json', { name: 'a b' }), 'x').stderr).toContain('name: letters, digits')
    expect(check('there-is-no-such-file').status).toBe(2)
  })
})
