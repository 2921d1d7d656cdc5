/**
 * `npm run scenario -- oversell [--seed 1] [--stores 180] [--json] [--docs]`
 *
 * A promotion weekend with stock in batches, by event, and by event with confidence: oversold units and lost sales. The last line is JSON.
 * `--json` keeps all else off stdout. `--docs` adds other circumstances and writes the tables and the chart of docs/oversell.md.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chartOf } from '#demo/oversell/chart.ts'
import { withTables } from '#demo/oversell/document.ts'
import { measure, ratioOf } from '#demo/oversell/oversell.ts'
import { curveTable, safetyTable, spreadTable, waysTable } from '#demo/oversell/table.ts'
import { say } from './progress.ts'
import { checkoutRoot } from './root.ts'

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    stores: { type: 'string', default: '180' },
    json: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [seed, stores] = [Number(values.seed), Number(values.stores)]
if (positionals[0] !== 'oversell' || positionals.length > 1) throw new Error('The scenario is named: npm run scenario -- oversell')
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(stores) || stores < 1) throw new Error('--seed and --stores are whole numbers')

const figures = measure({ seed, stores, withOthers: values.docs }, say)
if (!values.json) console.log([waysTable(figures), curveTable(figures), safetyTable(figures), spreadTable(figures)].join('\n\n'))

if (values.docs) {
  const page = join(checkoutRoot, 'docs', 'oversell.md')
  await writeFile(page, withTables(await readFile(page, 'utf8'), figures))
  await writeFile(join(checkoutRoot, 'docs', 'oversell.json'), `${JSON.stringify(figures, null, 2)}\n`)
  await writeFile(join(checkoutRoot, 'docs', 'oversell.svg'), chartOf(figures))
}

const { batch, plain, tideline } = figures.weekend
console.log(
  JSON.stringify({
    ...{ batch: batch.oversold, plain: plain.oversold, tideline: tideline.oversold },
    lostSales: tideline.lostSales,
    ratio: ratioOf(figures.weekend),
    lostSalesOf: { batch: batch.lostSales, plain: plain.lostSales, tideline: tideline.lostSales },
    ...{ neverSold: tideline.leftOver, orders: tideline.accepted, demanded: tideline.demanded, seed, stores },
  }),
)
