/** How much of what waits shares one sync: whole appends, up to a bound, at least one. */

const maxBatchCharacters = 8_000_000

export const batchLength = (waiting: readonly { entries: readonly { payloadText: string }[] }[]): number => {
  let characters = 0
  let count = 0
  while (count < waiting.length && (count === 0 || characters < maxBatchCharacters)) {
    for (const entry of waiting[count]?.entries ?? []) characters += entry.payloadText.length
    count += 1
  }
  return count
}
