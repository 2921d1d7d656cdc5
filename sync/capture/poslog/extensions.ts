/**
 * Vendor extensions, kept raw: elements and attributes whose prefix is not the transaction's own, by their path. Bounded, because
 * the record is; what is over the bound is counted, and the transaction taken all the same.
 */
import { renderNode, splitName, textOf, type XmlNode } from './xml-node.ts'

const maxEntries = 400
const maxCharacters = 100_000

export interface Extensions {
  extensions: Record<string, string>
  omitted: number
}

export const collectExtensions = (transaction: XmlNode): Extensions => {
  const kept = new Map<string, string>()
  let characters = 0
  let omitted = 0
  const keep = (path: string, value: string): void => {
    let key = path.slice(-190)
    for (let n = 2; kept.has(key); n += 1) key = `${path.slice(-190)}#${n}`
    if (kept.size >= maxEntries || characters + key.length + value.length > maxCharacters) {
      omitted += 1
      return
    }
    characters += key.length + value.length
    kept.set(key, value)
  }
  const visit = (node: XmlNode, path: string): void => {
    for (const [name, value] of node.attributes) {
      const { prefix } = splitName(name)
      if (prefix !== '' && prefix !== 'xmlns' && prefix !== transaction.prefix) keep(`${path}@${name}`, value)
    }
    for (const child of node.children) {
      if (child.prefix !== transaction.prefix) keep(path + child.name, renderNode(child, maxCharacters))
      else visit(child, `${path}${stepOf(child)}/`)
    }
  }
  visit(transaction, '')
  return { extensions: Object.fromEntries(kept), omitted }
}

const stepOf = (node: XmlNode): string => {
  const number = node.local === 'LineItem' ? textOf(node, 'SequenceNumber') : undefined
  return number === undefined ? node.local : `${node.local}[${number.slice(0, 12)}]`
}
