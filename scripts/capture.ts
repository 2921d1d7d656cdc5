/** npm run capture -- check FILE...: what an agent would take from files of tills, said without a hub or an agent. */
import { checkFiles } from './capture/check-files.ts'
import { readOptions } from './capture/options.ts'

const options = readOptions(process.argv.slice(2))
if (options.outcome === 'usage') {
  process.stderr.write(`${options.message}\n`)
  process.exitCode = 2
} else process.exitCode = await checkFiles(options.options)
