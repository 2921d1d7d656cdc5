/** One file through the real decoder and dialects, in chunks; memory does not grow with it. */
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createTextDecoder } from '#main/intake/text-decoder.ts'
import type { CapturedItem, CaptureHints } from '#sync/capture/captured-item.ts'
import { openDocument } from '#sync/capture/dialects.ts'

const chunkBytes = 1_000_000
const progressBytes = 20_000_000

export interface FileRead {
  dialect: string
  encoding: string
}

/** `upToBytes` reads a beginning alone. */
export const readFileItems = async (
  path: string,
  hints: CaptureHints,
  take: (item: CapturedItem) => void,
  upToBytes = Infinity,
): Promise<FileRead> => {
  const named = { ...hints, fileName: basename(path) }
  const document = openDocument(named)
  const decoder = createTextDecoder(named)
  const total = statSync(path).size
  let bytes = 0
  let told = progressBytes
  let count = 0
  const takeAll = (items: readonly CapturedItem[]): void => {
    count += items.length
    for (const item of items) take(item)
  }
  for await (const chunk of createReadStream(path, {
    highWaterMark: chunkBytes,
    ...(upToBytes === Infinity ? {} : { end: upToBytes - 1 }),
  })) {
    const piece = chunk as Buffer
    takeAll(document.write(decoder.write(piece)))
    bytes += piece.length
    if (bytes < told || upToBytes !== Infinity) continue
    told += progressBytes
    process.stderr.write(`${path}: ${Math.floor((bytes * 100) / total)} %, ${count} so far\n`)
  }
  takeAll([...document.write(decoder.end()), ...document.end()])
  return { dialect: document.dialect() ?? 'unknown', encoding: decoder.encoding() ?? 'utf-8' }
}
