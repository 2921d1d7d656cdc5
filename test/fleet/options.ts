/** The command line of `npm run fleet`, parsed once. */
import { parseArgs } from 'node:util'

export interface FleetRunOptions {
  stores: number
  /** Absent: a hub of its own. A hub that is there is given with its database, for enrolling and for the proof. */
  given: { hubUrl: string; databaseUrl: string } | null
  salesPerMinute: number
  seconds: number
  restart: boolean
  seed: number
  json: boolean
}

export const usage = `npm run fleet -- [options]
  --stores N               how many store agents, each with a device key of its own (default 100)
  --hub URL                a hub that runs already; DATABASE_URL names its database, where the stores are enrolled (they stay there)
  --sales-per-minute N     how fast each store sells, at moments of chance (default 1)
  --seconds N              how long they sell once all are connected (default 30)
  --restart                kill -9 the hub and start it again while they sell; only one of its own
  --seed N                 of all chance (default 1)
  --json                   print the figures as one last line of JSON
At the end the tills close, everything is sent, and each store's journal is looked up in the hub's log.`

const numberOf = (name: string, text: string, holds: (value: number) => boolean, what: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !holds(value)) throw new Error(`--${name} takes ${what}, not "${text}"`)
  return value
}
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0
const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0

const givenHub = (hubUrl: string | undefined, databaseUrl: string | undefined): FleetRunOptions['given'] => {
  if (hubUrl === undefined) return null
  if (!URL.canParse(hubUrl)) throw new Error(`--hub takes an address such as http://127.0.0.1:7300, not "${hubUrl}"`)
  if (!databaseUrl)
    throw new Error('--hub needs DATABASE_URL, the database of that hub: the stores are enrolled there, and its log is read')
  return { hubUrl, databaseUrl }
}

export const parseFleetOptions = (argv: string[], environment: Record<string, string | undefined>): FleetRunOptions | 'help' => {
  const { values } = parseArgs({
    args: argv,
    options: {
      stores: { type: 'string', default: '100' },
      hub: { type: 'string' },
      'sales-per-minute': { type: 'string', default: '1' },
      seconds: { type: 'string', default: '30' },
      restart: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const given = givenHub(values.hub, environment['DATABASE_URL'])
  if (given && values.restart) throw new Error('--restart kills the hub: it takes one of its own, without --hub')
  return {
    ...{ given, restart: values.restart, json: values.json },
    stores: numberOf('stores', values.stores, isCount, 'a whole number above 0'),
    salesPerMinute: numberOf('sales-per-minute', values['sales-per-minute'], isPositive, 'a number above 0'),
    seconds: numberOf('seconds', values.seconds, isPositive, 'a number above 0'),
    seed: numberOf('seed', values.seed, Number.isSafeInteger, 'a whole number'),
  }
}
