/**
 * Variants under a parent, and what they differ by [IDN18]: an axis is written `size:ITEM` → `M`. Pure. What contradicts itself is told per
 * entry: an item of its own parent, a parent that is a variant, a second parent, two variants that nothing tells apart.
 */
import type { MappingEntry } from './mapping-entry.ts'

export interface AxisOfItem {
  axis: string
  itemId: string
}

export const readAxis = (code: string): AxisOfItem | undefined => {
  const [, axis, itemId] = /^([a-z][a-z0-9-]{0,31}):(.+)$/.exec(code) ?? []
  return axis === undefined || itemId === undefined ? undefined : { axis, itemId }
}

export interface VariantFault {
  entry: MappingEntry
  reason: string
}

export const variantFaults = (all: readonly MappingEntry[]): VariantFault[] => {
  const parents = all.filter((entry) => entry.list === 'parent')
  const parentOf = new Map(parents.map((entry) => [entry.code, entry.target]))
  const faults = parents.flatMap((entry): VariantFault[] => {
    const { scope, code, target } = entry
    if (scope !== 'all') return [{ entry, reason: 'An item has one parent, whoever asks: the scope is “all”.' }]
    if (target === code) return [{ entry, reason: 'An item is no variant of itself.' }]
    const above = parentOf.get(target)
    return above === undefined ? [] : [{ entry, reason: `${target} is itself a variant of ${above}: a parent is nobody’s variant.` }]
  })
  return [...faults, ...axisFaults(all, parentOf)]
}

const axisFaults = (all: readonly MappingEntry[], parentOf: ReadonlyMap<string, string>): VariantFault[] => {
  const faults: VariantFault[] = []
  const axesOf = new Map<string, MappingEntry[]>()
  for (const entry of all) {
    const read = entry.list === 'axis' ? readAxis(entry.code) : undefined
    if (read === undefined) continue
    if (entry.scope !== 'all') faults.push({ entry, reason: 'An item is of one size or colour, whoever asks: the scope is “all”.' })
    else if (parentOf.has(read.itemId)) axesOf.set(read.itemId, [...(axesOf.get(read.itemId) ?? []), entry])
    else faults.push({ entry, reason: `${read.itemId} is nobody’s variant: give it a parent first.` })
  }
  const seen = new Map<string, string>()
  for (const itemId of [...axesOf.keys()].sort()) {
    const entries = axesOf.get(itemId) ?? []
    const values = entries.map(({ code, target }) => `${readAxis(code)?.axis} ${target}`).sort()
    const key = JSON.stringify([parentOf.get(itemId), values])
    const twin = seen.get(key)
    if (twin === undefined) seen.set(key, itemId)
    else
      faults.push(
        ...entries.map((entry) => ({
          entry,
          reason: `${itemId} and ${twin} are both ${values.join(', ')} under ${parentOf.get(itemId)}.`,
        })),
      )
  }
  return faults
}
