/**
 * The import zones bite: the files beside this test are laid out as a small Tideline of their own and linted with the
 * project's own configuration. Each line marked `// refused: <rule>` must be reported by that rule, and no other line by any.
 */
import { execFile } from 'node:child_process'
import { cp, glob, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { checkoutRoot } from '#scripts/root.ts'
import { zones, type Zone } from '#scripts/zones.ts'

const report = z.object({
  diagnostics: z.array(
    z.object({ code: z.string(), filename: z.string(), labels: z.array(z.object({ span: z.object({ line: z.number() }) })) }),
  ),
})

const copied = ['oxlint.config.ts', 'package.json', 'tsconfig.json', 'scripts/zones.ts', 'scripts/lint-plugin.mjs']
const laidOut = ['sync', 'main', 'renderer', 'hub']

let folder = ''
let reported: string[] = []

const layOut = async (): Promise<void> => {
  for (const file of copied) await cp(join(checkoutRoot, file), join(folder, file))
  for (const name of laidOut) await cp(join(import.meta.dirname, name), join(folder, name), { recursive: true })
  await symlink(join(checkoutRoot, 'node_modules'), join(folder, 'node_modules'))
}

/** oxlint ends with code 1 when it finds something, which is what is asked for here. */
const lint = async (): Promise<string> => {
  const run = promisify(execFile)(process.execPath, [join(checkoutRoot, 'node_modules', 'oxlint', 'bin', 'oxlint'), '-f', 'json', '.'], {
    cwd: folder,
  })
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
}

const ruleOf = (code: string): string => /\((.+)\)$/.exec(code)?.[1] ?? code

const readReport = (text: string): string[] =>
  report.parse(JSON.parse(text)).diagnostics.map(({ code, filename, labels }) => `${filename}:${labels[0]?.span.line} ${ruleOf(code)}`)

const listFiles = async (): Promise<string[]> => {
  const files = await Array.fromAsync(glob(`{${laidOut.join(',')}}/**/*.ts`, { cwd: import.meta.dirname }))
  return files.toSorted()
}

const readMarks = async (file: string): Promise<string[]> => {
  const lines = (await readFile(join(import.meta.dirname, file), 'utf8')).split('\n')
  return lines.flatMap((line, index) => {
    const rule = /\/\/ refused: (\S+)$/.exec(line)?.[1]
    return rule === undefined ? [] : [`${file}:${index + 1} ${rule}`]
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tideline-zones-'))
  await layOut()
  reported = readReport(await lint())
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('import zones', async () => {
  for (const file of await listFiles()) {
    it(`[OPS1] ${file}: each marked line is refused, and no other`, async () => {
      const found = reported.filter((line) => line.startsWith(`${file}:`))
      expect(found.toSorted()).toEqual((await readMarks(file)).toSorted())
    })
  }

  it('[OPS1] every zone has a file that must fail', async () => {
    const marked = (await Promise.all((await listFiles()).map(readMarks))).flat()
    const unproved = zones.filter((zone) => !marked.some((mark) => mark.startsWith(`${zone.folder}/`)))
    expect(unproved).toEqual([])
  })

  it('[OPS1] every source file of the project lies in a zone', async () => {
    const files = await Array.fromAsync(glob(`{${laidOut.join(',')}}/**/*.{ts,tsx}`, { cwd: checkoutRoot }))
    const isIn = (file: string, { folder: zone, isShallow }: Zone): boolean =>
      isShallow === true ? dirname(file) === zone : file.startsWith(`${zone}/`)
    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((file) => !zones.some((zone) => isIn(file, zone)))).toEqual([])
  })

  it('[OPS1] nothing is reported outside the files laid out here', async () => {
    const files = await listFiles()
    expect(reported.filter((line) => !files.some((file) => line.startsWith(`${file}:`)))).toEqual([])
  })
})
