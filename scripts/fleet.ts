/**
 * `npm run fleet -- --stores N [--hub URL] [--sales-per-minute N] [--seconds N] [--restart] [--seed N] [--json]`
 *
 * Store agents by the thousand against one hub, which it starts with a PostgreSQL of its own unless one is named. Exit 1 when a
 * store's journal is not in the hub's log once. `--json` ends with the figures as one line of JSON; progress then goes to stderr.
 */
import { runFleet } from '#test/fleet/fleet-run.ts'
import { parseFleetOptions, usage } from '#test/fleet/options.ts'

const options = parseFleetOptions(process.argv.slice(2), process.env)
if (options === 'help') {
  console.log(usage)
} else {
  const print = options.json ? console.error : console.log
  const { findings, ...figures } = await runFleet(options, print)
  for (const finding of findings) console.error(finding)
  console.log(JSON.stringify(figures, null, options.json ? 0 : 2))
  if (findings.length > 0) process.exitCode = 1
}
