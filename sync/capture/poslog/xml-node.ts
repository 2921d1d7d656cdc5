/** One element of a transaction, by local name. Trees are small: they live from a transaction's start tag to its end tag. */

export interface XmlNode {
  /** As written: "acs:ItemCount". */
  name: string
  prefix: string
  local: string
  /** A vendor's own: another prefix than the transaction's, or another default namespace. */
  isVendors: boolean
  attributes: Readonly<Record<string, string>>
  children: XmlNode[]
  /** Text directly inside, in order, markup between it left out. */
  text: string
}

/**
 * The first child of that local name. A vendor's element of the same name does not stand in for the standard's: it is only meant
 * where there is no other.
 */
export const childOf = (node: XmlNode | undefined, local: string): XmlNode | undefined => {
  if (!node) return undefined
  let vendors: XmlNode | undefined
  for (const child of node.children) {
    if (child.local !== local) continue
    if (child.isVendors === node.isVendors && child.prefix === node.prefix) return child
    vendors ??= child
  }
  return vendors
}

/** Children of those local names, in order; vendors' only where there are no others. */
export const childrenOf = (node: XmlNode | undefined, ...locals: string[]): XmlNode[] => {
  const own: XmlNode[] = []
  const vendors: XmlNode[] = []
  for (const child of node?.children ?? [])
    if (locals.includes(child.local)) (child.isVendors === node?.isVendors && child.prefix === node.prefix ? own : vendors).push(child)
  return own.length > 0 ? own : vendors
}

/** Trimmed text of the first child of that name that has any; undefined when there is none. */
export const textOf = (node: XmlNode | undefined, ...locals: string[]): string | undefined => {
  if (!node) return undefined
  for (const local of locals) {
    const first = childOf(node, local)
    if (!first) continue
    const text = first.text.trim()
    if (text !== '') return text
    for (const other of childrenOf(node, local)) if (other.text.trim() !== '') return other.text.trim()
  }
  return undefined
}

/** An attribute by local name; prefixes differ between vendors. */
export const attributeOf = (node: XmlNode | undefined, local: string): string | undefined => {
  if (!node) return undefined
  const { attributes } = node
  const plain = attributes[local]
  if (plain !== undefined) return plain.trim()
  for (const name in attributes) {
    const colon = name.indexOf(':')
    if (colon > 0 && name.length - colon - 1 === local.length && name.endsWith(local)) return attributes[name]?.trim()
  }
  return undefined
}

export const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeXml = (text: string): string => (/[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (c) => escapes[c] ?? c) : text)

/** XML text of the node. Equal nodes give equal text; white space between elements is left out. */
export const renderNode = (node: XmlNode, maxLength = Infinity): string => {
  let attributes = ''
  for (const name in node.attributes) attributes += ` ${name}="${escapeXml(node.attributes[name] ?? '')}"`
  let inner = escapeXml(node.children.length > 0 ? node.text.trim() : node.text)
  for (const child of node.children) {
    if (inner.length > maxLength) break
    inner += renderNode(child, maxLength)
  }
  return inner === '' ? `<${node.name}${attributes}/>` : `<${node.name}${attributes}>${inner}</${node.name}>`
}
