/**
 * What an import would do, line by line, before it does anything [IDN3]. Pure: the same rows against the same mapping and catalogue give
 * the same verdicts. `add` leaves entries that the import does not name; `replace` removes them from the lists
 * that it names, `restore` from all.
 */
import { canonicalWords, isWordList } from './canonical-words.ts'
import { findCycles } from './mapping-cycles.ts'
import type { ReadRow } from './mapping-csv.ts'
import { keyOf, type MappingEntry, placeOf } from './mapping-entry.ts'
import { readBarcode } from './barcode.ts'
import { readAxis, variantFaults } from './variant-axis.ts'

export interface CatalogueFacts {
  unitOf: ReadonlyMap<string, string>
  /** By key of barcode.ts. */
  itemIdByKey: ReadonlyMap<string, string>
  storeIds: ReadonlySet<string>
  /** Of the tax master, anywhere. */
  taxCategories: ReadonlySet<string>
}

export interface CheckedLine {
  line: number
  outcome: 'accepted' | 'unchanged' | 'refused'
  reason?: string
}

export interface CheckedMapping {
  lines: CheckedLine[]
  refused: number
  /** The whole mapping as it would be: of use when nothing is refused. */
  entries: MappingEntry[]
}

export interface MappingImport {
  rows: readonly ReadRow[]
  inForce: readonly MappingEntry[]
  catalogue: CatalogueFacts
  mode: 'add' | 'replace' | 'restore'
  /** Entries may change their owner. */
  takeOver: boolean
}

type Candidate = { line: number; entry: MappingEntry }

export const checkMapping = ({ rows, inForce, catalogue, mode, takeOver }: MappingImport): CheckedMapping => {
  const reasons = new Map<number, string>()
  const refuse = (line: number, reason: string): void => {
    if (!reasons.has(line)) reasons.set(line, reason)
  }
  const before = new Map(inForce.map((entry) => [placeOf(entry), entry]))
  const given = new Map<string, Candidate>()
  for (const read of rows) {
    if ('refused' in read) {
      refuse(read.line, read.refused)
      continue
    }
    const key = keyOf(read.row)
    if (key.outcome === 'refused') {
      refuse(read.line, sentence(key.reason))
      continue
    }
    const entry: MappingEntry = { ...read.row, key: key.key, itemId: null }
    const place = placeOf(entry)
    const other = given.get(place)
    if (other) for (const [line, reason] of contradictionOf(other, { line: read.line, entry })) refuse(line, reason)
    else given.set(place, { line: read.line, entry })
    const owner = before.get(place)?.owner
    if (owner !== undefined && owner !== entry.owner && !takeOver)
      refuse(read.line, `“${entry.code}” belongs to ${owner}; ${entry.owner} may change it only by taking it over.`)
    const wrong = wrongScope(entry, catalogue) ?? wrongTarget(entry, catalogue)
    if (wrong !== undefined) refuse(read.line, wrong)
  }
  const lists = new Set([...given.values()].map(({ entry }) => entry.list))
  const kept = inForce.filter((entry) => !given.has(placeOf(entry)) && (mode === 'add' || (mode === 'replace' && !lists.has(entry.list))))
  const all = [...kept, ...[...given.values()].map(({ entry }) => entry)]
  const lineOf = new Map([...given].map(([place, { line }]) => [place, line]))
  const { entries, faults } = settle(all, catalogue)
  for (const { entry, reason } of faults) {
    const line = lineOf.get(placeOf(entry))
    if (line !== undefined) refuse(line, reason)
  }
  // What this import leaves broken elsewhere is the import's fault: shown at its first line.
  for (const { entry, reason } of faults)
    if (!lineOf.has(placeOf(entry)))
      refuse(rows[0]?.line ?? 1, `With this import, ${entry.list} “${entry.code}” would no longer do: ${reason}`)
  const lines = rows.map(({ line, ...read }): CheckedLine => {
    const reason = reasons.get(line)
    if (reason !== undefined) return { line, outcome: 'refused', reason }
    const entry = 'row' in read ? read.row : undefined
    const key = entry ? keyOf(entry) : undefined
    const was = entry && key?.outcome === 'key' ? before.get(placeOf({ ...entry, key: key.key })) : undefined
    const isSame =
      was && entry && was.target === entry.target && was.owner === entry.owner && was.unit === entry.unit && was.code === entry.code
    return { line, outcome: isSame ? 'unchanged' : 'accepted' }
  })
  return { lines, refused: lines.filter((each) => each.outcome === 'refused').length, entries }
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`

/** The same code twice in one import. */
const contradictionOf = (first: Candidate, second: Candidate): [number, string][] => {
  const { code, target, owner } = second.entry
  if (first.entry.target !== target) {
    const both = `“${code}” is given to ${first.entry.target} in line ${first.line} and to ${target} in line ${second.line}: one code is one thing.`
    return [first.line, second.line].map((line) => [line, both])
  }
  if (first.entry.owner !== owner) {
    const both = `“${code}” has two owners: ${first.entry.owner} in line ${first.line}, ${owner} in line ${second.line}.`
    return [first.line, second.line].map((line) => [line, both])
  }
  return [[second.line, `“${code}” stands in line ${first.line} already.`]]
}

const wrongScope = ({ scope, scopeId }: MappingEntry, { storeIds }: CatalogueFacts): string | undefined =>
  scope === 'store' && !storeIds.has(scopeId) ? `There is no store ${scopeId}.` : undefined

const wrongTarget = (entry: MappingEntry, catalogue: CatalogueFacts): string | undefined => {
  const { list, kind, code, target } = entry
  if (isWordList(list)) {
    const words: readonly string[] = canonicalWords[list]
    return words.includes(target) ? undefined : `“${target}” is no ${list} here: ${words.join(', ')}.`
  }
  if (list === 'tax') {
    const known = [...catalogue.taxCategories].sort().join(', ') || 'none yet'
    return catalogue.taxCategories.has(target) ? undefined : `“${target}” is no category of the tax master: ${known}.`
  }
  if (list === 'scale-layout') {
    const holds = code.includes('W') ? 'weight' : 'price'
    return target === holds ? undefined : `The layout holds a ${holds}, the line says ${target}.`
  }
  const axisOf = list === 'axis' ? readAxis(code)?.itemId : undefined
  if (axisOf !== undefined && !catalogue.unitOf.has(axisOf)) return `There is no item ${axisOf} in the catalogue.`
  if ((list === 'parent' || list === 'canonical') && !catalogue.unitOf.has(code)) return `There is no item ${code} in the catalogue.`
  if (list === 'item' && kind === 'gtin' && entry.scope === 'all') {
    const owner = catalogue.itemIdByKey.get(entry.key)
    if (owner !== undefined && owner !== target) return `The catalogue gives the barcode ${code} to ${owner}: one barcode is one item.`
  }
  return undefined
}

/** Follows every target to its item, over the whole mapping as it would be. */
const settle = (all: readonly MappingEntry[], catalogue: CatalogueFacts) => {
  const faults: { entry: MappingEntry; reason: string }[] = [...variantFaults(all)]
  const { cycles, ends } = findCycles(all)
  for (const { entry, path } of cycles) faults.push({ entry, reason: `It goes in a circle: ${path.join(' → ')}.` })
  const inCycle = new Set(cycles.map(({ entry }) => entry))
  const entries = all.map((entry): MappingEntry => {
    if (entry.list !== 'item' || inCycle.has(entry)) return entry
    const itemId = ends.get(entry) ?? entry.target
    const unit = catalogue.unitOf.get(itemId)
    if (unit === undefined) faults.push({ entry, reason: `There is no item ${itemId} in the catalogue.` })
    else if (entry.unit !== undefined && entry.unit !== unit)
      faults.push({ entry, reason: `The line counts in ${entry.unit}, the item ${itemId} in ${unit}.` })
    return { ...entry, itemId }
  })
  const byKey = new Map(entries.filter((e) => e.list === 'item').map((e) => [e.key, e.itemId]))
  for (const entry of entries) {
    if (entry.list !== 'canonical') continue
    const keys = [
      ...readBarcode(entry.target, []).keys,
      ...['scale', 'supplier-number', 'channel-sku', 'sku'].map((kind) => `${kind}:${entry.target}`),
    ]
    const named = entry.target === entry.code || keys.some((key) => (byKey.get(key) ?? catalogue.itemIdByKey.get(key)) === entry.code)
    if (!named)
      faults.push({ entry, reason: `“${entry.target}” is not an identifier of ${entry.code}: neither catalogue nor mapping says so.` })
  }
  return { entries, faults }
}
