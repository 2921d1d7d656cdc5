/** Where item targets lead: an item number that is mapped on is followed within its own scope first, then in everybody's. Pure. */
import type { MappingEntry } from './mapping-entry.ts'

export interface Chains {
  /** Every entry on the way to a circle, with the circle. */
  cycles: { entry: MappingEntry; path: string[] }[]
  /** The item id at the end of each other entry. */
  ends: Map<MappingEntry, string>
}

export const findCycles = (entries: readonly MappingEntry[]): Chains => {
  const skus = new Map<string, MappingEntry>()
  const items = entries.filter((entry) => entry.list === 'item')
  for (const entry of items) if (entry.kind === 'sku') skus.set(JSON.stringify([entry.scope, entry.scopeId, entry.code]), entry)
  const next = ({ scope, scopeId }: MappingEntry, code: string): MappingEntry | undefined =>
    skus.get(JSON.stringify([scope, scopeId, code])) ?? skus.get(JSON.stringify(['all', '', code]))

  const cycles: Chains['cycles'] = []
  const ends: Chains['ends'] = new Map()
  for (const entry of items) {
    const path = [entry.code]
    const seen = new Set<MappingEntry>([entry])
    let target = entry.target
    for (;;) {
      path.push(target)
      const on = next(entry, target)
      if (!on) {
        ends.set(entry, target)
        break
      }
      if (seen.has(on)) {
        cycles.push({ entry, path })
        break
      }
      seen.add(on)
      target = on.target
    }
  }
  return { cycles, ends }
}
