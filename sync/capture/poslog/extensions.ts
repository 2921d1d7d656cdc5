/**
 * Vendor extensions, kept raw: elements and attributes that are not the standard's, by their path. Bounded, because the record is; what is
 * over the bound is counted, and the transaction taken all the same.
 */
import { renderNode, textOf, type XmlNode } from './xml-node.ts'

const maxEntries = 400
const maxCharacters = 100_000

export interface Extensions {
  /** Undefined where there are none. */
  extensions: Record<string, string> | undefined
  omitted: number
}

export const collectExtensions = (transaction: XmlNode): Extensions => {
  let kept: Map<string, string> | undefined
  let characters = 0
  let omitted = 0
  const keep = (path: string, value: string): void => {
    kept ??= new Map()
    const tail = path.slice(-190)
    let key = tail
    for (let n = 2; kept.has(key); n += 1) key = `${tail}#${n}`
    if (kept.size >= maxEntries || characters + key.length + value.length > maxCharacters) {
      omitted += 1
      return
    }
    characters += key.length + value.length
    kept.set(key, value)
  }
  const visit = (node: XmlNode, parents: readonly XmlNode[]): void => {
    for (const { name, prefix, value } of node.attributes)
      if (prefix !== '' && prefix !== 'xmlns' && prefix !== transaction.prefix) keep(`${pathOf(parents)}@${name}`, value)
    let within: XmlNode[] | undefined
    for (const child of node.children) {
      if (child.isVendors) keep(pathOf(parents) + child.name, renderNode(child, maxCharacters))
      else if (child.children.length > 0 || hasPrefixed(child)) visit(child, (within ??= [...parents, child], [...parents, child]))
    }
  }
  visit(transaction, [])
  return { extensions: kept ? Object.fromEntries(kept) : undefined, omitted }
}

const hasPrefixed = (node: XmlNode): boolean => {
  for (const { prefix } of node.attributes) if (prefix !== '') return true
  return false
}

const pathOf = (parents: readonly XmlNode[]): string => {
  let path = ''
  for (const node of parents) path += `${stepOf(node)}/`
  return path
}

const stepOf = (node: XmlNode): string => {
  const number = node.local === 'LineItem' ? textOf(node, 'SequenceNumber') : undefined
  return number === undefined ? node.local : `${node.local}[${number.slice(0, 12)}]`
}
