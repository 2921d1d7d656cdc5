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
const words = Array.from(
  { length: 40 },
  (_, n) => `${'bcdfghjklmnprst'[n % 15]}${'aeiou'[n % 5]}${'lmnrst'[n % 6]}${['tea', 'bread', 'oil', 'rice'][n % 4]}`,
)
/** A sale of about 1 kB, but for its number and its till. */
export const basket = {
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

/** Another basket each time, as customers fill them: what is alike in all sales costs nothing once it is packed. */
export const variedBasket = (number: number): typeof basket => {
  // Multiplicative hashing: far apart for neighbours, the same in every run.
  const pick = (salt: number, of: number): number => (((number * 31 + salt) * 2_654_435_761) % 4_294_967_296) % of
  const lines = Array.from({ length: 4 }, (_, index) => {
    const item = pick(index, 2_000)
    const amountMinor = 49 + pick(index + 10, 1_950)
    return {
      ...{ lineNumber: index + 1, kind: 'sale', itemId: `${40_000 + item}`, description: `${words[item % 40]} ${words[item % 37]}` },
      ...{ quantityMilli: 1_000, unit: 'each', unitPriceMinor: amountMinor, discountMinor: 0, amountMinor, voided: false },
    }
  })
  const grandMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0)
  const netMinor = Math.round(grandMinor / 1.07)
  const taxMinor = grandMinor - netMinor
  return {
    lineItems: lines,
    tenders: [{ lineNumber: 5, kind: pick(20, 2) === 0 ? 'cash' : 'card', amountMinor: grandMinor, voided: false }],
    taxes: [{ code: 'A', rateMicro: 70_000, taxableMinor: netMinor, taxMinor, inclusive: true }],
    totals: { netMinor, taxMinor, grandMinor },
  }
}

export const openWaitingStore = async (
  db: Database,
  storeId: string,
  count: number,
  basketOf: (number: number) => typeof basket = () => basket,
): Promise<WaitingStore> => {
  const device = await enrolModelDevice(db, storeId)
  for (let number = 1; number <= count; number++) device.sell(number, { ...basketOf(number), workstationId: device.deviceId })
  const { deviceId, incarnation, journal } = device
  return {
    identity: identitySchema.parse({ deviceId, storeId, storeName: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }),
    records: journal,
    journal: fullJournal(incarnation, journal),
    sign: (text) => Promise.resolve(sign(null, Buffer.from(text), device.privateKey).toString('base64url')),
  }
}
