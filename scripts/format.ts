/** npm run format: writes every file in the project's format. */
import { runInForeground } from './command.ts'
import { checkoutRoot } from './root.ts'
import { toolPath } from './tools.ts'

process.exitCode = await runInForeground(process.execPath, [toolPath('oxfmt'), ...process.argv.slice(2)], { cwd: checkoutRoot })
