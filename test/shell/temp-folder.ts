/** A folder of the test's own, gone after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tideline-shell-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
