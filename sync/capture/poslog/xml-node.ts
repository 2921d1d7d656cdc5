/** One element of a transaction, by local name. Trees are small: they live from a transaction's start tag to its end tag. */
import { knownName, type XmlAttribute, type XmlName } from './xml-name.ts'

export interface XmlNode extends XmlName {
  /** A vendor's own: another prefix than the transaction's, or another default namespace. */
  isVendors: boolean
  attributes: readonly XmlAttribute[]
  children: readonly XmlNode[]
  /** Text directly inside, in order, markup between it left out. */
  text: string
}

/**
 * The first child of that local name. A vendor's element of the same name does not stand in for the standard's: it is only meant
 * where there is no other.
 */
export const childOf = (node: XmlNode | undefined, local: string): XmlNode | undefined => {
  if (!node) return undefined
  const { children, isVendors } = node
  let vendors: XmlNode | undefined
  for (let at = 0; at < children.length; at += 1) {
    const child = children[at] as XmlNode
    if (child.local !== local) continue
    if (child.isVendors === isVendors) return child
    vendors ??= child
  }
  return vendors
}

/** Children of that local name, in order; vendors' only where there are no others. */
export const childrenOf = (node: XmlNode | undefined, local: string): readonly XmlNode[] => {
  const first = childOf(node, local)
  if (!node || !first) return noChildren
  let count = 0
  for (const child of node.children) if (child.local === local) count += 1
  if (count === node.children.length && !first.isVendors) return node.children
  if (count === 1) return [first]
  return node.children.filter((child) => child.local === local && child.isVendors === first.isVendors)
}

/** Trimmed text of the first child of that name that has any; undefined when there is none. */
export const textOf = (node: XmlNode | undefined, local: string): string | undefined => {
  const first = childOf(node, local)
  if (!first) return undefined
  const text = first.text.trim()
  if (text !== '') return text
  for (const other of childrenOf(node, local)) if (other.text.trim() !== '') return other.text.trim()
  return undefined
}

/** As `textOf`, of the first name that has text. */
export const textOfAny = (node: XmlNode | undefined, locals: readonly string[]): string | undefined => {
  for (const local of locals) {
    const text = textOf(node, local)
    if (text !== undefined) return text
  }
  return undefined
}

/** An attribute by local name; prefixes differ between vendors. */
export const attributeOf = (node: XmlNode | undefined, local: string): string | undefined => {
  if (!node) return undefined
  const { attributes } = node
  let prefixed: string | undefined
  for (let at = 0; at < attributes.length; at += 1) {
    const attribute = attributes[at] as XmlAttribute
    if (attribute.local !== local) continue
    if (attribute.prefix === '') return attribute.value.trim()
    prefixed ??= attribute.value.trim()
  }
  return prefixed
}

export const noChildren: readonly XmlNode[] = []

/** Only while the tree is built. */
export const addChild = (parent: XmlNode, child: XmlNode): void => {
  if (parent.children === noChildren) parent.children = [child]
  else (parent.children as XmlNode[]).push(child)
}

export const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeXml = (text: string): string => (/[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (c) => escapes[c] ?? c) : text)

/** XML text of the node. Equal nodes give equal text; white space between elements is left out. */
export const renderNode = (node: XmlNode, maxLength = Infinity): string => {
  let attributes = ''
  for (const { name, value } of node.attributes) attributes += ` ${name}="${escapeXml(value)}"`
  let inner = escapeXml(node.children.length > 0 ? node.text.trim() : node.text)
  for (const child of node.children) {
    if (inner.length > maxLength) break
    inner += renderNode(child, maxLength)
  }
  if (inner === '') return `<${node.name}${attributes}/>`
  const known = knownName(node.name)
  const endTag = known?.endTag ?? `</${node.name}>`
  return (known && attributes === '' ? known.startTag : `<${node.name}${attributes}>`) + inner + endTag
}
