/** `npm run mapping` against a whole hub, as an operator types it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '#scripts/command.ts'
import { checkoutRoot } from '#scripts/root.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()
const state = { dir: '' }
beforeEach(async () => void (state.dir = await mkdtemp(join(tmpdir(), 'tideline-mapping-'))))
afterEach(() => rm(state.dir, { recursive: true, force: true }))

const heading = 'list;scope;scope_id;kind;code;target;unit;owner'

const prepare = async () => {
  const { db, url } = await server.fresh()
  await db
    .insertInto('item')
    .values({ item_id: 'TEA', name: 'Tea', barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 0, erp_id: null })
    .execute()
  const hub = await startHub({ DATABASE_URL: url })
  const run = async (args: readonly string[], environment: Record<string, string> = { TIDELINE_OPERATOR_TOKEN: hub.operatorToken }) => {
    const env = { ...process.env, TIDELINE_HUB_URL: hub.url, ...environment }
    const { code, stdout, stderr } = await runCommand(process.execPath, [join(checkoutRoot, 'scripts/mapping.ts'), ...args], { env })
    return { code, stdout, stderr }
  }
  const file = async (name: string, lines: readonly string[]): Promise<string> => {
    await writeFile(join(state.dir, name), `${lines.join('\n')}\n`)
    return join(state.dir, name)
  }
  return { run, file }
}

it('[IDN15] a file is checked, refused line by line, imported as a version, exported, and an earlier version brought back', async () => {
  const { run, file } = await prepare()
  const bad = await file('bad.csv', [
    heading,
    'item;all;;sku;A;TEA;;m',
    'item;all;;sku;B;NOWHERE;;m',
    'item;all;;gtin;4006381333930;TEA;;m',
  ])
  expect(await run(['import', bad, '--why', 'start', '--by', 'Anna'])).toEqual({
    code: 1,
    stdout: expect.stringMatching(
      /^line 3: There is no item NOWHERE in the catalogue\.\nline 4: .*check digit.*\n2 lines of 3 refused; nothing took effect\.\n$/s,
    ),
    stderr: '',
  })
  expect((await run(['versions'])).stdout).toBe('There is no version yet.\n')
  const good = await file('good.csv', [heading, 'item;all;;sku;A;TEA;;m'])
  expect(await run(['check', good])).toMatchObject({
    code: 0,
    stdout: 'All is well: 1 line new or changed, 0 as before. Nothing was changed.\n',
  })
  expect(await run(['import', good, '--why', 'start', '--by', 'Anna'])).toMatchObject({
    code: 0,
    stdout: 'In force as version 1: 1 line new or changed, 0 as before.\n',
  })
  const exported = join(state.dir, 'exported.csv')
  expect(await run(['export', exported])).toMatchObject({ code: 0, stdout: '' })
  expect(await readFile(exported, 'utf8')).toBe(`${heading}\r\nitem;all;;sku;A;TEA;;m\r\n`)
  expect((await run(['import', exported, '--why', 'again'])).stdout).toBe('All of it is in force already.\n')
  const other = await file('other.csv', [heading, 'item;all;;sku;C;TEA;;m'])
  expect(await run(['import', other, '--why', 'only C', '--by', 'Ben', '--replace'])).toMatchObject({ code: 0 })
  expect((await run(['export', '--version', '1'])).stdout).toContain('sku;A;TEA')
  expect((await run(['restore', '1', '--why', 'wrong file', '--by', 'Anna'])).stdout).toContain('In force as version 3')
  expect((await run(['versions'])).stdout).toMatch(
    /^3 {2}\S+ {2}Anna: wrong file \(brings back version 1\); 1 entries\n2 {2}\S+ {2}Ben: only C; 1 entries\n1 /,
  )
  expect(JSON.parse((await run(['check', good, '--json'])).stdout)).toMatchObject({ outcome: 'checked', refused: 0 })
}, 60_000)

it('[IDN15] what cannot be asked is said in one line: no file, no reason, no token, no hub, no such version', async () => {
  const { run, file } = await prepare()
  const good = await file('good.csv', [heading, 'item;all;;sku;A;TEA;;m'])
  const complaints: [string[], string, Record<string, string>?][] = [
    [['import', join(state.dir, 'nowhere.csv'), '--why', 'x'], 'nowhere.csv cannot be read'],
    [['import', good], 'An import needs its reason'],
    [['check', good], 'send the operator token', { TIDELINE_OPERATOR_TOKEN: 'wrong' }],
    [['versions', '--hub', 'http://127.0.0.1:1'], 'cannot be reached'],
    [['restore', '9', '--why', 'x'], 'no version 9'],
    [['check', await file('no.csv', ['list;scope'])], 'The first line names the columns'],
    [['polish'], 'There is no “polish”'],
  ]
  for (const [args, words, environment] of complaints)
    expect(await run(args, environment), args.join(' ')).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(words) })
}, 60_000)

it('[IDN11] [IDN15] tax rates go the same way', async () => {
  const { run, file } = await prepare()
  const rates = 'jurisdiction;category;percent;effective_from;effective_to'
  const bad = await file('bad.csv', [rates, 'SE;standard;25;2020-01-01;', 'SE;standard;24;2027-01-01;'])
  expect(await run(['check', bad, '--taxes'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('on 2027-01-01 both would be in force'),
  })
  const good = await file('good.csv', [rates, 'SE;standard;25;2020-01-01;'])
  expect(await run(['import', good, '--taxes', '--why', 'start'])).toMatchObject({
    code: 0,
    stdout: 'In force: 1 line new or changed, 0 as before.\n',
  })
  expect((await run(['export', '--taxes'])).stdout).toBe(`${rates}\r\nSE;standard;25;2020-01-01;\r\n`)
}, 60_000)
