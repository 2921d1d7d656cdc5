/** A stopped agent's journal on the disk: which segments there are, what happens to them, and what `npm run journal` says of them. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { presentLife } from '#demo/ledgers.ts'
import { segmentName, segmentStarts } from '#main/journal/segment.ts'
import { must } from '#sync/contract/assert.ts'
import { runCommand } from '#scripts/command.ts'
import { checkoutRoot } from '#scripts/root.ts'

export interface SegmentFile {
  name: string
  path: string
  firstSeq: number
}

/** Of the life that is written, in order. */
export const presentSegments = async (journalFolder: string): Promise<SegmentFile[]> => {
  const incarnation = await presentLife(journalFolder)
  return segmentStarts(await readdir(journalFolder), incarnation).map((firstSeq) => {
    const name = segmentName(incarnation, firstSeq)
    return { name, path: join(journalFolder, name), firstSeq }
  })
}

/** One with whole segments on both sides. */
export const middleSegment = async (journalFolder: string): Promise<SegmentFile> => {
  const segments = await presentSegments(journalFolder)
  if (segments.length < 3) throw new Error(`${segments.length} segments have no middle one`)
  return must(segments[Math.floor(segments.length / 2)], 'middle segment')
}

/** One bit of the middle byte of each of these lines, counted from 0. */
export const flipInLines = async ({ path }: SegmentFile, lines: readonly number[]): Promise<void> => {
  const bytes = await readFile(path)
  let start = 0
  // Behind the last newline there may be room.
  for (let line = 0, end = bytes.indexOf(10); end >= 0; line += 1, end = bytes.indexOf(10, start)) {
    const middle = Math.floor((start + end) / 2)
    if (lines.includes(line)) bytes[middle] = must(bytes[middle], 'byte') ^ 1
    start = end + 1
  }
  await writeFile(path, bytes)
}

export const removeSegment = ({ path }: SegmentFile): Promise<void> => rm(path)

/** `npm run journal -- VERB …` without npm. */
export const journalCommand = (verb: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  runCommand(process.execPath, [join(checkoutRoot, 'scripts/journal.ts'), verb, ...args], { cwd: checkoutRoot })
