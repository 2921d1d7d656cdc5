/** One input through the real decoder and dialects in chunks cut anywhere, and what must hold of whatever comes out. */
import { createTextDecoder } from '#main/intake/text-decoder.ts'
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { openDocument } from '#sync/capture/dialects.ts'
import { quarantinePayloadSchema } from '#sync/contract/record.ts'
import { canonicalText, transactionSchema } from '#sync/contract/transaction.ts'
import type { FuzzInput } from './mutation.ts'

export interface Examination {
  dialect: string
  taken: number
  quarantined: number
  ms: number
  failure?: string
}

export const slowMs = 1_000

export const examine = ({ bytes, hints, random }: FuzzInput): Examination => {
  const startedAt = performance.now()
  let dialect = 'none'
  const items: CapturedItem[] = []
  try {
    const decoder = createTextDecoder(hints)
    const document = openDocument(hints)
    const largest = Math.ceil(bytes.length / 4) + 1
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random() * (random() < 0.3 ? 40 : largest))
      items.push(...document.write(decoder.write(bytes.subarray(at, at + size))))
      at += size
    }
    items.push(...document.write(decoder.end()), ...document.end())
    dialect = document.dialect() ?? 'none'
  } catch (error) {
    return {
      dialect,
      taken: 0,
      quarantined: 0,
      ms: performance.now() - startedAt,
      failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
  const ms = performance.now() - startedAt
  const taken = items.filter((item) => item.outcome === 'transaction').length
  const failure = items.length === 0 ? 'neither taken nor quarantined' : items.map(faultOf).find((fault) => fault !== undefined)
  return { dialect, taken, quarantined: items.length - taken, ms, ...(failure === undefined ? {} : { failure }) }
}

/** An item that the journal could not keep, or the hub not read. */
const faultOf = (item: CapturedItem): string | undefined => {
  if (item.outcome === 'transaction') {
    const parsed = transactionSchema.safeParse(item.transaction)
    if (!parsed.success) return `a taken transaction outside the contract: ${parsed.error.message}`
    return canonicalText(parsed.data) === canonicalText(item.transaction) ? undefined : 'a taken transaction that is not in canonical order'
  }
  const { reasons, excerpt, claimed } = item
  const parsed = quarantinePayloadSchema.safeParse({
    ...{ source: 'fuzz', reasons, contentHash: '0'.repeat(64), sizeBytes: 0, excerpt },
    ...(claimed === undefined ? {} : { claimed }),
  })
  return parsed.success ? undefined : `a quarantined item outside the contract: ${parsed.error.message}`
}
