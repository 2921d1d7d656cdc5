/** npm run fields: writes docs/fields.md, each field with its owner. `--check` writes nothing, and exits with 1 when the page is stale. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fieldsPage } from '#hub/governance/fields-page.ts'
import { ownedSchemas } from '#hub/governance/fields.ts'
import { checkoutRoot } from './root.ts'

const path = join(checkoutRoot, 'docs', 'fields.md')
const page = fieldsPage(ownedSchemas)
if (!process.argv.includes('--check')) await writeFile(path, page)
else if ((await readFile(path, 'utf8').catch(() => '')) !== page) {
  console.log('docs/fields.md is stale: npm run fields')
  process.exitCode = 1
}
