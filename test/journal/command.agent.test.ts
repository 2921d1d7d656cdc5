/** npm run journal, on a real folder: what a support person reads. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { runCommand } from '#scripts/command.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { dayCloseText } from '#sync/contract/day-close.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { saleOf } from '../fixtures/transactions.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const keys = generateKeyPairSync('ed25519')
const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')

const closeDay = async (journal: Journal, changed: { headHash?: string } = {}): Promise<void> => {
  const head = await journal.head()
  const chain = {
    incarnation: head.incarnation,
    firstSeq: 1,
    previousHash: '0'.repeat(64),
    headSeq: head.seq,
    headHash: head.hash,
    ...changed,
  }
  const statement = JSON.stringify({
    ...{ format: 'tideline-day-close/1', storeId: '9', deviceId, publicKey, businessDay: '2026-01-31', currency: 'USD' },
    ...{ closedAt: '2026-01-31T22:00:00.000Z', chain, workstations: [] },
  })
  const signature = sign(null, Buffer.from(dayCloseText(statement)), keys.privateKey).toString('base64url')
  await journal.append('day-close', JSON.stringify({ statement, signature }))
}

describe('npm run journal', () => {
  let data: string
  let journal: Journal
  const run = (...args: string[]) =>
    runCommand(process.execPath, [join(checkoutRoot, 'scripts/journal.ts'), ...args, '--data', data], { timeoutMs: 20_000 })
  const lastLine = (text: string): unknown => JSON.parse(text.trim().split('\n').at(-1) ?? '')

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'tideline-journal-'))
    journal = await openJournal({ dir: join(data, 'journal'), deviceId, segmentBytes: 4_000 })
    for (let n = 1; n <= 12; n += 1) await journal.append('transaction', canonicalText(saleOf(n)))
    await closeDay(journal)
  })
  afterEach(async () => {
    await journal.close()
    await rm(data, { recursive: true, force: true })
  })

  it('[JNL6] verifies, shows and exports while the journal is open and a tail is being written, and changes nothing', async () => {
    const dir = join(data, 'journal')
    const newest =
      (await readdir(dir))
        .filter((name) => name.endsWith('.jsonl'))
        .toSorted()
        .at(-1) ?? ''
    await writeFile(join(dir, newest), 'a line that is being wri', { flag: 'a' })
    const copy = `${data}-before`
    await cp(dir, copy, { recursive: true })
    const verified = await run('verify', '--json')
    expect([verified.code, lastLine(verified.stdout)]).toMatchObject([
      0,
      { good: true, lives: [{ records: 13 }], closes: [{ verdict: 'good' }] },
    ])
    const shown = await run('show', '--from', '3', '--to', '4')
    expect(shown.stdout).toMatch(/ 3 .*transaction .*2026-01-31 .*34 no\. 3 .*sale .*3\.00 USD\n.* 4 .*\n2 of 13 records/)
    const exported = await run('export', '--format', 'csv', '--day', '2026-01-31')
    expect(exported.stdout.split('\r\n')[1]).toBe(
      `${deviceId}:${journal.incarnation}:1,1,${(await journal.read(0, 1))[0]?.capturedAt},9,34,2026-01-31,1,sale,2026-01-31T08:15:00,USD,2.40,0.60,3.00,3.00,0.00,1`,
    )
    expect((await run('export', '--kind', 'transaction')).stdout.trim().split('\n')).toHaveLength(12)
    for (const name of await readdir(copy)) expect(await readFile(join(dir, name))).toEqual(await readFile(join(copy, name)))
    expect(await readdir(dir)).toEqual(await readdir(copy))
    await rm(copy, { recursive: true })
  }, 30_000)

  it('[JNL1] [JNL6] names what is damaged, and fails', async () => {
    const dir = join(data, 'journal')
    const [first = ''] = (await readdir(dir)).filter((name) => name.endsWith('.jsonl')).toSorted()
    const text = await readFile(join(dir, first), 'utf8')
    await writeFile(join(dir, first), text.replace('Tea', 'Gin'))
    await closeDay(journal, { headHash: 'f'.repeat(64) })
    const { code, stdout } = await run('verify', '--json')
    expect(code).toBe(1)
    expect(stdout).toContain(`WRONG  damaged line in ${first}, line 1, byte 0: the line is not what its hash says; record 1 cannot be read`)
    expect(stdout).toContain('BAD: record 13 of')
    expect(lastLine(stdout)).toMatchObject({ good: false, lives: [{ findings: [{ kind: 'damaged-line', line: 1 }] }] })
  }, 30_000)

  it('says what is wrong with the command or the folder', async () => {
    const { code, stderr } = await runCommand(process.execPath, [
      join(checkoutRoot, 'scripts/journal.ts'),
      'verify',
      '--data',
      join(data, 'none'),
    ])
    expect([code, stderr]).toEqual([2, expect.stringContaining('There is no folder')])
    expect(await run('show', '--day', 'yesterday')).toMatchObject({ code: 2, stderr: expect.stringContaining('a date such as') })
  }, 30_000)
})
