/** Records in pages that a message has room for, in their order. */
import type { TidelineRecord } from '#sync/contract/record.ts'
import { cutBatch } from '#sync/core/batch-cut.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'

export const inPages = (records: readonly TidelineRecord[]): TidelineRecord[][] => {
  const pages: TidelineRecord[][] = []
  for (let rest = records; rest.length > 0;) {
    const count = cutBatch(
      rest.map((record) => ({ record, bytes: wireBytesOf(record) })),
      true,
    )
    pages.push(rest.slice(0, count))
    rest = rest.slice(count)
  }
  return pages
}
