/**
 * One reading of a POSLog file as a stream, in a process of its own: `node parse-side.ts FILE STORE CURRENCY`. Prints what it took, and the
 * most memory that it ever held.
 */
import { createReadStream } from 'node:fs'
import { openDocument } from '#sync/capture/dialects.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'

const [file = '', storeId = '', currency = ''] = process.argv.slice(2)
const reader = openDocument({ storeId: storeIdSchema.parse(storeId), currency: currencySchema.parse(currency), timeZone: 'UTC' })
let transactions = 0
let faults = 0
const count = (items: readonly { outcome: string }[]): void => {
  for (const { outcome } of items)
    if (outcome === 'transaction') transactions += 1
    else faults += 1
}
for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 65_536 })) count(reader.write(String(chunk)))
count(reader.end())
console.log(JSON.stringify({ transactions, faults, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
