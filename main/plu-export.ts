/**
 * Price files for tills that read files: `full.json`, `full.csv` and numbered deltas. Each appears whole under its name or not at all.
 * A delta's number grows over restarts; a full file names the last delta that it contains.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PluEntry, PluPublication } from '#sync/contract/ipc.ts'
import type { Clock, PluSink } from '#sync/core/ports.ts'
import { nodeDisk, writeAtomically } from './journal/disk.ts'
import { pluChanges, pluCsv, pluJson } from './plu-rows.ts'

const counterName = '.last-delta'
const deltaPattern = /^delta-(\d{6,})\.(?:json|csv)$/

interface PluExportOptions {
  /** So many newest deltas stay. */
  keepDeltas?: number
}

export const openPluExport = async (
  dir: string,
  clock: Pick<Clock, 'nowMs'>,
  { keepDeltas = 200 }: PluExportOptions = {},
): Promise<PluSink> => {
  await nodeDisk.makeDir(dir)
  let lastDelta = await readLastDelta(dir)
  let known = new Map<string, PluEntry>()
  let turn: Promise<unknown> = Promise.resolve()

  const write = (name: string, text: string): Promise<void> => writeAtomically(nodeDisk, dir, name, new TextEncoder().encode(text))
  const issuedAt = (): string => new Date(clock.nowMs()).toISOString()

  const publishFull = async (entries: readonly PluEntry[]): Promise<void> => {
    await write('full.csv', pluCsv(entries, []))
    await write('full.json', `${JSON.stringify({ kind: 'full', issuedAt: issuedAt(), lastDelta, entries: entries.map(pluJson) })}\n`)
    known = new Map(entries.map((entry) => [entry.item.itemId, entry]))
  }

  const describe = (entry: PluEntry): Record<string, unknown> => {
    const before = known.get(entry.item.itemId)
    return before ? { ...pluJson(entry), changes: pluChanges(before, entry) } : pluJson(entry)
  }

  const publishDelta = async (changed: readonly PluEntry[], removed: readonly string[]): Promise<void> => {
    const number = lastDelta + 1
    await write(counterName, String(number))
    lastDelta = number
    const name = `delta-${String(number).padStart(6, '0')}`
    await write(`${name}.csv`, pluCsv(changed, removed))
    await write(
      `${name}.json`,
      `${JSON.stringify({ kind: 'delta', number, issuedAt: issuedAt(), changed: changed.map(describe), removed })}\n`,
    )
    for (const entry of changed) known.set(entry.item.itemId, entry)
    for (const itemId of removed) known.delete(itemId)
    await pruneDeltas(dir, number - keepDeltas)
  }

  const publishNow = (publication: PluPublication): Promise<void> =>
    publication.kind === 'full' ? publishFull(publication.entries) : publishDelta(publication.changed, publication.removed)

  return {
    publish: (publication) => {
      const mine = turn.then(() => publishNow(publication))
      turn = mine.catch(() => undefined)
      return mine
    },
  }
}

/** Of the counter and the files: tills may take deltas away, and a copy of the folder may lack the counter. */
const readLastDelta = async (dir: string): Promise<number> => {
  const counter = new TextDecoder().decode((await nodeDisk.readWhole(join(dir, counterName))) ?? new Uint8Array())
  const numbers = (await readdir(dir)).map((name) => Number(deltaPattern.exec(name)?.[1] ?? 0))
  return Math.max(/^\d{1,12}$/.test(counter) ? Number(counter) : 0, ...numbers)
}

const pruneDeltas = async (dir: string, upTo: number): Promise<void> => {
  for (const name of await readdir(dir)) {
    const number = deltaPattern.exec(name)?.[1]
    if (number !== undefined && Number(number) <= upTo) await rm(join(dir, name), { force: true })
  }
}
