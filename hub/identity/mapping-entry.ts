/**
 * One line of the mapping: what somebody calls a thing, and what it is here.
 *
 *   list           kind                                              code → target
 *   item           sku | gtin | plu | scale | code | text |           a till's, supplier's or channel's identifier → item id, or another
 *                  supplier-number | channel-sku                     sku that is mapped on
 *   parent         sku                                               a variant's item id → its parent
 *   axis           axis                                              what a variant is of an axis: `size:` and its item id → its size
 *   canonical      sku                                               an item id → the identifier that it goes by
 *   scale-layout   layout                                            a layout of scale-pattern.ts → weight | price
 *   tender, return-reason, order-state   word                        a till's or channel's word → a canonical one
 *   tax            word                                              a till's or the ERP's tax code → a category of the tax master
 *
 * Its key is the normal form of its code; list, scope and key name one entry. Pure.
 */
import { unreachable } from '#sync/contract/assert.ts'
import { unitSchema } from '#sync/contract/transaction.ts'
import { z } from 'zod'
import { normalWord } from './canonical-words.ts'
import { readGtin } from './gtin.ts'
import { readPlu } from './plu.ts'
import { readAxis } from './variant-axis.ts'
import { readPattern } from './scale-pattern.ts'

export const mappingLists = [
  'item',
  'parent',
  'axis',
  'canonical',
  'scale-layout',
  'tender',
  'return-reason',
  'order-state',
  'tax',
] as const
export const mappingScopes = ['all', 'store', 'supplier', 'channel'] as const
export const itemKinds = ['sku', 'gtin', 'plu', 'scale', 'code', 'supplier-number', 'channel-sku', 'text'] as const
export const mappingKinds = [...itemKinds, 'layout', 'word', 'axis'] as const

const line = (max: number) => z.string().trim().min(1, 'is empty').max(max, `is longer than ${max} characters`)

export const mappingRowSchema = z
  .strictObject({
    list: z.enum(mappingLists),
    scope: z.enum(mappingScopes),
    scopeId: z.string().trim().max(64),
    kind: z.enum(mappingKinds),
    code: line(200),
    target: line(64),
    unit: unitSchema.optional(),
    owner: line(64),
  })
  .refine((row) => (row.scope === 'all') === (row.scopeId === ''), 'a scope of “all” names nobody, and each other scope names whose it is')
  .refine((row) => kindsOf(row.list).includes(row.kind), 'this kind does not belong to this list')
export type MappingRow = z.infer<typeof mappingRowSchema>

export interface MappingEntry extends MappingRow {
  key: string
  /** The item that the target comes to in the end; null in lists that are not of items. */
  itemId: string | null
}

const kindsOf = (list: (typeof mappingLists)[number]): readonly string[] => {
  if (list === 'item') return itemKinds
  if (list === 'scale-layout') return ['layout']
  if (list === 'axis') return ['axis']
  return list === 'parent' || list === 'canonical' ? ['sku'] : ['word']
}

export type KeyReading = { outcome: 'key'; key: string } | { outcome: 'refused'; reason: string }

export const keyOf = ({ kind, code }: Pick<MappingRow, 'kind' | 'code'>): KeyReading => {
  const key = (text: string): KeyReading => ({ outcome: 'key', key: text })
  switch (kind) {
    case 'gtin': {
      const read = readGtin(code)
      return read.outcome === 'gtin' ? key(`gtin:${read.gtin}`) : read
    }
    case 'plu': {
      const read = readPlu(code)
      return read.outcome === 'plu' ? key(`plu:${read.plu}`) : read
    }
    case 'layout': {
      const read = readPattern(code)
      return read.outcome === 'pattern' ? key(`layout:${read.pattern.prefix}`) : read
    }
    case 'scale':
      return /^(02|2\d)\d{1,9}$/.test(code)
        ? key(`scale:${code}`)
        : { outcome: 'refused', reason: `“${code}” is no article of a scale: its barcode’s digits up to the value, from 02 or 20 to 29 on` }
    case 'axis':
      return readAxis(code)
        ? key(`axis:${code}`)
        : {
            outcome: 'refused',
            reason: `“${code}” is no axis of an item: a word of small letters, a colon and the item’s number, as size:4711`,
          }
    case 'word':
      return key(`word:${normalWord(code)}`)
    case 'sku':
    case 'code':
    case 'supplier-number':
    case 'channel-sku':
    case 'text':
      return key(`${kind}:${code}`)
  }
  return unreachable(kind)
}

/** One entry's place: there is one for each. */
export const placeOf = (entry: Pick<MappingEntry, 'list' | 'scope' | 'scopeId' | 'key'>): string =>
  JSON.stringify([entry.list, entry.scope, entry.scopeId, entry.key])
