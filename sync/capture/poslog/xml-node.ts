/** One element of a transaction, by local name. Trees are small: they live from a transaction's start tag to its end tag. */

export interface XmlNode {
  /** As written: "acs:ItemCount". */
  name: string
  prefix: string
  local: string
  attributes: ReadonlyMap<string, string>
  children: XmlNode[]
  /** Text directly inside, in order, markup between it left out. */
  text: string
}

export const splitName = (name: string): { prefix: string; local: string } => {
  const colon = name.indexOf(':')
  return colon < 0 ? { prefix: '', local: name } : { prefix: name.slice(0, colon), local: name.slice(colon + 1) }
}

/**
 * Children of those local names, in order. A vendor's element of the same local name does not stand in for the standard's: where
 * some bear their parent's prefix, only those are meant.
 */
export const childrenOf = (node: XmlNode, ...locals: string[]): XmlNode[] => {
  const named = node.children.filter((c) => locals.includes(c.local))
  const own = named.filter((c) => c.prefix === node.prefix)
  return own.length > 0 ? own : named
}

export const childOf = (node: XmlNode | undefined, local: string): XmlNode | undefined => (node ? childrenOf(node, local)[0] : undefined)

/** Trimmed text of the first child of that name that has any; undefined when there is none. */
export const textOf = (node: XmlNode | undefined, ...locals: string[]): string | undefined => {
  for (const local of locals) {
    const text =
      node &&
      childrenOf(node, local)
        .find((c) => c.text.trim() !== '')
        ?.text.trim()
    if (text !== undefined) return text
  }
  return undefined
}

/** An attribute by local name; prefixes differ between vendors. */
export const attributeOf = (node: XmlNode | undefined, local: string): string | undefined => {
  for (const [name, value] of node?.attributes ?? []) if (splitName(name).local === local) return value.trim()
  return undefined
}

export const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c)

/** XML text of the node. Equal nodes give equal text; white space between elements is left out. */
export const renderNode = (node: XmlNode, maxLength = Infinity): string => {
  const attributes = [...node.attributes].map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join('')
  let inner = escapeXml(node.children.length > 0 ? node.text.trim() : node.text)
  for (const child of node.children) {
    if (inner.length > maxLength) break
    inner += renderNode(child, maxLength)
  }
  return inner === '' ? `<${node.name}${attributes}/>` : `<${node.name}${attributes}>${inner}</${node.name}>`
}
