/** The demo's command line. */
import { parseArgs } from 'node:util'

export interface DemoOptions {
  seconds: number | undefined
  json: boolean
  erp: 'tryton' | 'reference' | 'auto'
  salesPerSecond: number
  help: boolean
}

export const usage = `npm start -- [options]
  --seconds N              sell for N seconds, wait until all is posted, compare journal, hub and ERP, end
  --json                   print the summary as one last line of JSON
  --erp tryton|reference   the ERP: a real Tryton, or our own stand-in (default: Tryton where it is or may be installed)
  --sales-per-second N     how fast the tills sell (default 2)
Without --seconds it runs until Ctrl-C, and then compares.`

export const parseDemoOptions = (argv: string[]): DemoOptions => {
  const { values } = parseArgs({
    args: argv,
    options: {
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      erp: { type: 'string', default: 'auto' },
      'sales-per-second': { type: 'string', default: '2' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const positive = (name: string, text: string): number => {
    const value = Number(text)
    if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not "${text}"`)
    return value
  }
  const { erp } = values
  if (erp !== 'auto' && erp !== 'tryton' && erp !== 'reference') throw new Error(`--erp is tryton or reference, not "${erp}"`)
  return {
    seconds: values.seconds === undefined ? undefined : positive('seconds', values.seconds),
    json: values.json,
    erp,
    salesPerSecond: positive('sales-per-second', values['sales-per-second']),
    help: values.help,
  }
}
