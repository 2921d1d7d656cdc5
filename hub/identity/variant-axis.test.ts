import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MappingEntry } from './mapping-entry.ts'
import { readAxis, variantFaults } from './variant-axis.ts'

const entry = (list: 'parent' | 'axis', code: string, target: string): MappingEntry => ({
  ...{
    list,
    scope: 'all',
    scopeId: '',
    kind: list === 'axis' ? 'axis' : 'sku',
    code,
    target,
    owner: 'm',
    key: `${list}:${code}`,
    itemId: null,
  },
})

describe('variants', () => {
  it('[IDN18] an axis is read with its item, whose number may hold a colon', () => {
    expect(readAxis('size:A:1')).toEqual({ axis: 'size', itemId: 'A:1' })
    expect([readAxis('Size:A'), readAxis('size:'), readAxis('A')]).toEqual([undefined, undefined, undefined])
  })

  it('[IDN18] what is free of faults is a forest of depth one without twins, and the order of entries says nothing', () => {
    const item = fc.constantFrom('A', 'B', 'C', 'D')
    const parents = fc.uniqueArray(fc.tuple(item, fc.constantFrom('P', 'P', 'P', 'A')), { selector: ([code]) => code, maxLength: 4 })
    const axes = fc.uniqueArray(fc.tuple(fc.constantFrom('size', 'colour'), item, fc.constantFrom('S', 'S', 'M')), {
      selector: ([axis, code]) => `${axis}:${code}`,
      maxLength: 6,
    })
    fc.assert(
      fc.property(parents, axes, (under, of) => {
        const all = [
          ...under.map(([code, target]) => entry('parent', code, target)),
          ...of.map(([axis, code, value]) => entry('axis', `${axis}:${code}`, value)),
        ]
        const faults = variantFaults(all)
        const refused = (each: typeof faults) => each.map((fault) => `${fault.entry.key} ${fault.reason}`).sort()
        expect(refused(variantFaults(all.toReversed()))).toEqual(refused(faults))
        if (faults.length > 0) return
        const parentOf = new Map<string, string>(under)
        expect(under.filter(([code, target]) => code === target || parentOf.has(target))).toEqual([])
        expect(of.filter(([, code]) => !parentOf.has(code))).toEqual([])
        const told = [...parentOf].flatMap(([code, parent]) => {
          const values = of.filter(([, itemId]) => itemId === code).map(([axis, , value]) => `${axis} ${value}`)
          return values.length === 0 ? [] : [JSON.stringify([parent, values.sort()])]
        })
        expect(new Set(told).size).toBe(told.length)
      }),
      { numRuns: 500 },
    )
  })
})
