/**
 * A file larger than memory should hold: chunks → text → transactions → groups, each durable before the next is read.
 *
 *   resumed: the first `items` are read and not taken again; when they are not what they were, all is taken from the start
 *
 * What the end of the file leaves unfinished is not taken while the file may still grow; what was taken of such a file is duplicates
 * the next time.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { endsWhole, openDocument } from '#sync/capture/dialects.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import type { Capture, TakeResult } from '../capture.ts'
import type { FileProgress, FileProgressFolder } from './file-progress.ts'
import { emptyTally, type FileTally, tallyResults } from './file-tally.ts'
import { createBreather } from './read-input.ts'
import { createTextDecoder } from './text-decoder.ts'

export interface LargeFileParts {
  capture: Capture
  progress: FileProgressFolder
  /** Where the journal stands. */
  journalSeq: () => Promise<number>
  beforeLeaving: () => Promise<void>
  tell: (read: { readBytes: number; taken: number }) => void
}

export interface LargeFile {
  path: string
  name: string
  sizeBytes: number
  mtimeMs: number
  /** Nothing more will come: an unfinished end is taken as it is. */
  isFinal: boolean
}

export type LargeFileResult = { outcome: 'taken'; tally: FileTally } | { outcome: 'unfinished' | 'stopped' }

const chunkBytes = 64 * 1024
const groupItems = 250
const groupCharacters = 4_000_000

export const takeLargeFile = async (file: LargeFile, parts: LargeFileParts, isStopped: () => boolean): Promise<LargeFileResult> => {
  const before = await parts.progress.read(file.name)
  const isSame = before?.sizeBytes === file.sizeBytes && before.mtimeMs === file.mtimeMs
  if (before?.state === 'complete' && isSame) return { outcome: 'taken', tally: before.tally }
  const canGoOn = before !== null && before.state !== 'complete' && (isSame || before.items > 0)
  const resumed = canGoOn ? await readThrough(file, parts, isStopped, before) : 'other'
  return resumed === 'other' ? ((await readThrough(file, parts, isStopped, null)) as LargeFileResult) : resumed
}

/** `other`: it does not begin as the file that `before` is about. */
const readThrough = async (
  file: LargeFile,
  parts: LargeFileParts,
  isStopped: () => boolean,
  before: FileProgress | null,
): Promise<LargeFileResult | 'other'> => {
  const taking = createTaking(file, parts, before)
  const document = openDocument(parts.capture.hints(file.name))
  const decoder = createTextDecoder(parts.capture.hints(file.name))
  const breathe = createBreather()
  const handle = await open(file.path)
  try {
    if (!before) await taking.keep('under-way')
    const buffer = Buffer.alloc(chunkBytes)
    for (let at = 0; at < file.sizeBytes;) {
      if (isStopped()) return await taking.rest('stopped')
      const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, file.sizeBytes - at), at)
      if (bytesRead === 0) return await taking.rest('unfinished')
      at += bytesRead
      const items = document.write(decoder.write(buffer.subarray(0, bytesRead)))
      if ((await taking.add(items, at)) === 'other') return 'other'
      await breathe()
    }
    const { size, mtimeMs } = await handle.stat()
    const rest = [...document.write(decoder.end()), ...document.end()]
    if (size !== file.sizeBytes || mtimeMs !== file.mtimeMs || !(file.isFinal || endsWhole(rest))) return await taking.rest('unfinished')
    return await taking.finish(rest)
  } finally {
    await handle.close()
  }
}

/** Groups of items, durable one after the other, with their progress. */
const createTaking = (file: LargeFile, parts: LargeFileParts, before: FileProgress | null) => {
  const digest = createHash('sha256')
  const { capture, progress } = parts
  const tally = before ? structuredClone(before.tally) : emptyTally()
  const toSkip = before?.items ?? 0
  let seen = 0
  let group: CapturedItem[] = []
  let characters = 0
  /** Of the step that a crash interrupted: taken then, found now. */
  let countAgain = before?.state === 'under-way' ? groupItems : 0
  const again = new Set<string>()

  const asTaken = (result: TakeResult): TakeResult => {
    if (countAgain === 0) return result
    countAgain -= 1
    if (result.outcome !== 'duplicate' || again.has(result.recordId) || seqOf(result.recordId) <= (before?.journalSeq ?? 0)) return result
    again.add(result.recordId)
    return { outcome: 'captured', recordId: result.recordId, warnings: [] }
  }
  const keep = async (state: FileProgress['state']): Promise<void> =>
    progress.keep({
      file: file.name,
      sizeBytes: file.sizeBytes,
      mtimeMs: file.mtimeMs,
      items: seen,
      digest: digest.copy().digest('hex'),
      journalSeq: await parts.journalSeq(),
      tally,
      state,
    })

  const takeGroup = async (): Promise<void> => {
    const items = group
    group = []
    characters = 0
    const results = await capture.takeItems(items, { source: `file ${file.name}`, tap: 'folder' })
    tallyResults(tally, items, results.map(asTaken))
    for (const item of items) digest.update(digestText(item))
    seen += items.length
    await parts.beforeLeaving()
    await keep('under-way')
  }
  /** False: what was taken is not what this file holds. */
  const skip = (item: CapturedItem): boolean => {
    digest.update(digestText(item))
    seen += 1
    return seen < toSkip || digest.copy().digest('hex') === before?.digest
  }
  const put = async (items: readonly CapturedItem[]): Promise<'other' | 'put'> => {
    for (const item of items) {
      if (seen < toSkip) {
        if (!skip(item)) return 'other'
        continue
      }
      group.push(item)
      characters += item.outcome === 'quarantined' ? item.raw.length : 2_000
      if (group.length >= groupItems || characters >= groupCharacters) await takeGroup()
    }
    return 'put'
  }

  return {
    keep,
    /** Before what is durable was even come to again, there is nothing new to note. */
    rest: async <Outcome extends 'unfinished' | 'stopped'>(outcome: Outcome): Promise<{ outcome: Outcome }> => {
      if (seen >= toSkip) await keep('resting')
      return { outcome }
    },
    add: async (items: readonly CapturedItem[], readBytes: number): Promise<'other' | 'put'> => {
      const given = await put(items)
      parts.tell({ readBytes, taken: seen })
      return given
    },
    finish: async (rest: readonly CapturedItem[]): Promise<LargeFileResult | 'other'> => {
      if ((await put(rest)) === 'other' || seen + group.length < toSkip) return 'other'
      if (group.length > 0) await takeGroup()
      await keep('complete')
      return { outcome: 'taken', tally }
    },
  }
}

const digestText = (item: CapturedItem): string =>
  item.outcome === 'transaction' ? `t${canonicalText(item.transaction)}\n` : `q${item.where}\n${item.raw}\n`

/** A record's id ends in its number. */
const seqOf = (recordId: string): number => Number(recordId.slice(recordId.lastIndexOf(':') + 1))
