/** The entry files of the tools that npm installed, to be run on this Node without a shell in between. */
import { join } from 'node:path'
import { checkoutRoot } from './root.ts'

const entries = {
  oxfmt: 'oxfmt/bin/oxfmt',
  oxlint: 'oxlint/bin/oxlint',
  tsc: 'typescript/bin/tsc',
  vite: 'vite/bin/vite.js',
  vitest: 'vitest/vitest.mjs',
}

export const toolPath = (tool: keyof typeof entries): string => join(checkoutRoot, 'node_modules', entries[tool])
