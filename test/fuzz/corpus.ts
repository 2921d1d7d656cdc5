/** What is mutated: every sample of every dialect, and rendered days of a modelled store, with the hints that they are read by. */
import { readdirSync, readFileSync } from 'node:fs'
import type { CaptureHints } from '#sync/capture/captured-item.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { flatDocument, flatMapping } from '../fixtures/flat-text.ts'
import { naxmlDocument } from '../fixtures/naxml-text.ts'
import { poslogDocument } from '../fixtures/poslog-text.ts'
import { recordsDocument, recordsMapping } from '../fixtures/records-text.ts'
import { storeDay } from '../fixtures/store-model.ts'

export interface Sample {
  bytes: Buffer
  hints: CaptureHints
}

const hintsOf = (storeId: string, currency: string, fileName: string): CaptureHints => ({
  storeId: storeIdSchema.parse(storeId),
  currency: currencySchema.parse(currency),
  timeZone: 'Europe/Berlin',
  fileName,
  mappings: [flatMapping, recordsMapping],
})

const stores: Record<string, [string, string]> = {
  'poslog-2.2-wincor-nixdorf.xml': ['502', 'AED'],
  'poslog-stockview-ixretail.xml': ['HighStreet', 'USD'],
  'fuel-and-shop.xml': ['77', 'USD'],
  'register-day.xml': ['77', 'USD'],
}

const filesIn = (folder: string): Sample[] => {
  const url = new URL(`../fixtures/${folder}/`, import.meta.url)
  return readdirSync(url)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ bytes: readFileSync(new URL(name, url)), hints: hintsOf(...(stores[name] ?? ['9', 'USD']), name) }))
}

export const readCorpus = (): Sample[] => {
  const day = storeDay(1, { workstations: 1, transactions: 12 })
  const utf16 = Buffer.from(`\ufeff${naxmlDocument(day.slice(0, 4))}`, 'utf16le')
  const rendered: [string, string | Buffer][] = [
    ['day.xml', poslogDocument(day)],
    ['journal.xml', naxmlDocument(day)],
    ['utf16.xml', utf16],
    ['latin.xml', Buffer.from(naxmlDocument(day).replace('UTF-8', 'windows-1252'), 'latin1')],
    ['day.csv', flatDocument(day.slice(0, 8))],
    ['day.txt', recordsDocument(day)],
    ['day.json', JSON.stringify(day)],
    ['named.json', JSON.stringify({ transactions: day.slice(0, 3) }, null, 1)],
    ['lines.json', day.map((t) => JSON.stringify(t)).join('\n')],
  ]
  return [
    ...filesIn('poslog'),
    ...filesIn('naxml'),
    ...rendered.map(([name, content]) => ({ bytes: Buffer.from(content as string), hints: hintsOf('S042', 'EUR', name) })),
  ]
}
