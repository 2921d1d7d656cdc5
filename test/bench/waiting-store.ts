/** A store with sales of about 1 kB that wait in its journal, enrolled at a hub's database. */
import { sign } from 'node:crypto'
import type { Database } from '#hub/storage/database.ts'
import { identitySchema, type Identity } from '#sync/contract/config.ts'
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import { incarnationSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { enrolModelDevice, sha256 } from '#test/hub/model-device.ts'

export interface WaitingStore {
  identity: Identity
  records: readonly TidelineRecord[]
  journal: JournalSource
  sign(text: string): Promise<string>
}

const lineItems = ['MILK-1L', 'BREAD-750', 'COFFEE-500', 'APPLE-KG'].map((itemId, index) => ({
  ...{ lineNumber: index + 1, kind: 'sale', itemId, description: itemId.toLowerCase(), quantityMilli: 1_000, unit: 'each' },
  ...{ unitPriceMinor: 100, discountMinor: 0, amountMinor: 100, voided: false },
}))
const basket = {
  lineItems,
  tenders: [{ lineNumber: 5, kind: 'cash', amountMinor: 400, voided: false }],
  taxes: [{ code: 'A', rateMicro: 70_000, taxableMinor: 374, taxMinor: 26, inclusive: true }],
  totals: { netMinor: 374, taxMinor: 26, grandMinor: 400 },
}

/** It is full and stays as it is: nothing is appended. */
const fullJournal = (incarnation: string, records: readonly TidelineRecord[]): JournalSource => {
  const last = records.at(-1)
  if (!last) throw new Error('an empty journal has nothing to drain')
  const head = { incarnation: incarnationSchema.parse(incarnation), seq: last.seq, hash: sha256Schema.parse(sha256(chainText(last))) }
  return {
    head: () => Promise.resolve(head),
    read: (afterSeq, limit) => Promise.resolve(records.slice(afterSeq, afterSeq + limit)),
    onAppended: () => () => undefined,
  }
}

export const openWaitingStore = async (db: Database, storeId: string, count: number): Promise<WaitingStore> => {
  const device = await enrolModelDevice(db, storeId)
  for (let number = 1; number <= count; number++) device.sell(number, { ...basket, workstationId: device.deviceId })
  const { deviceId, incarnation, journal } = device
  return {
    identity: identitySchema.parse({ deviceId, storeId, storeName: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }),
    records: journal,
    journal: fullJournal(incarnation, journal),
    sign: (text) => Promise.resolve(sign(null, Buffer.from(text), device.privateKey).toString('base64url')),
  }
}
