import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hashSources } from '#scripts/source-hash.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tideline-hash-'))
  await mkdir(join(root, 'main', 'deep'), { recursive: true })
  await writeFile(join(root, 'package.json'), '{}')
  await writeFile(join(root, 'main', 'a.ts'), 'one')
  await writeFile(join(root, 'main', 'deep', 'b.ts'), 'two')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const hash = (): Promise<string> => hashSources(root, ['main'], ['package.json'])

it('stays the same while the sources do, tests aside', async () => {
  const before = await hash()
  await writeFile(join(root, 'main', 'a.test.ts'), 'a test is no source')
  expect(await hash()).toBe(before)
})

it('changes with a content, a name, a new file and the recipe', async () => {
  const seen = [await hash()]
  await writeFile(join(root, 'main', 'deep', 'b.ts'), 'three')
  seen.push(await hash())
  await rename(join(root, 'main', 'a.ts'), join(root, 'main', 'c.ts'))
  seen.push(await hash())
  await writeFile(join(root, 'main', 'd.ts'), '')
  seen.push(await hash())
  await writeFile(join(root, 'package.json'), '{ }')
  seen.push(await hash())
  expect(new Set(seen).size).toBe(5)
})
