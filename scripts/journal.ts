/** npm run journal -- VERB …: looks at a store's journal, also while its agent runs. It takes no lock and only reads. */
import { exportRecords } from './journal/export.ts'
import { check, prove } from './journal/prove.ts'
import { show } from './journal/show.ts'
import { Complaint, type Verb } from './journal/verb.ts'
import { verify } from './journal/verify.ts'

/** One row a verb. */
const verbs: Record<string, Verb> = { verify, show, export: exportRecords, prove, check }

const usage = (): string => `npm run journal -- VERB [--data DIR] …\n\n${Object.values(verbs)
  .map((verb) => verb.usage)
  .join('\n')}
  --data DIR  the agent's data folder, or its journal folder; else TIDELINE_DATA_DIR, else the system's own place`

const run = async ([name = '', ...args]: readonly string[]): Promise<number> => {
  const verb = verbs[name]
  if (!verb) {
    console.error(name === '' || name === '--help' ? usage() : `There is no "${name}".\n\n${usage()}`)
    return 2
  }
  try {
    return await verb.run(args)
  } catch (fault) {
    const isComplaint =
      fault instanceof Complaint || (fault instanceof TypeError && 'code' in fault && String(fault.code).startsWith('ERR_PARSE_ARGS'))
    if (!isComplaint) throw fault
    console.error(fault.message)
    return 2
  }
}

// Output into `head` ends early, and that is all right.
process.stdout.on('error', () => process.exit(0))
process.exitCode = await run(process.argv.slice(2))
