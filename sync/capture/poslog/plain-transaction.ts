/**
 * Reads a `Transaction` element whose XML is plain: tags, attributes and text, and of the entities only the five that need no definition.
 * It takes a third of the parser's time. Whatever else it meets, right or wrong, it leaves to the parser, which alone says what is wrong:
 * text that it takes the parser takes too, and to the same tree.
 */
import { knownName } from './xml-name.ts'
import type { XmlAttribute, XmlNode } from './xml-node.ts'

const maxDepth = 40
const maxNodes = 20_000
const maxAttributes = 40
/** Comments, CDATA and processing instructions are doubtful for their `<!` and `<?`. */
const doubtful = /[\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|\]\]>/

export type PlainRead =
  | { outcome: 'read'; node: XmlNode; end: number; startTagEnd: number }
  /** Its end is not there yet. */
  | { outcome: 'unfinished' }
  | { outcome: 'doubt' }

const unfinished: PlainRead = { outcome: 'unfinished' }
const doubt: PlainRead = { outcome: 'doubt' }
const noAttributes: readonly XmlAttribute[] = []

const [tab, newline, space, quote, apostrophe, slash, bang, equals, greater, question] = [9, 10, 32, 34, 39, 47, 33, 61, 62, 63]

/** `start` is the `<` of the transaction's start tag; `namespace` the default one around it. */
export const readPlainTransaction = (text: string, start: number, namespace: string): PlainRead => {
  const open: XmlNode[] = []
  let parent: XmlNode | undefined
  let startTagEnd = 0
  let nodes = 0
  let at = start
  let own = namespace
  for (;;) {
    // Here `at` is at a `<`.
    const next = text.charCodeAt(at + 1)
    if (next === slash) {
      if (!parent) return doubt
      const { name } = parent
      const behind = at + 2 + name.length
      if (behind >= text.length) return unfinished
      if (!text.startsWith(name, at + 2) || text.charCodeAt(behind) !== greater) return doubt
      at = behind + 1
      const closed = parent
      open.pop()
      parent = open[open.length - 1]
      if (!parent) return doubtful.test(text.slice(start, at)) ? doubt : { outcome: 'read', node: closed, end: at, startTagEnd }
    } else {
      if (next === bang || next === question) return doubt
      let end = at + 1
      let code = next
      while (code > space && code !== greater && code !== slash) code = text.charCodeAt((end += 1))
      if (end >= text.length) return unfinished
      const name = knownName(text.slice(at + 1, end))
      if (!name) return doubt
      nodes += 1
      if (nodes > maxNodes || open.length >= maxDepth) return doubt
      let attributes = noAttributes
      if (code === space || code === newline || code === tab) {
        const read = readAttributes(text, end)
        if (read === undefined) return unfinished
        if (read === null) return doubt
        attributes = read.attributes
        end = read.end
        code = text.charCodeAt(end)
      }
      const node: XmlNode = { name: name.name, prefix: name.prefix, local: name.local, isVendors: false, attributes, children: [], text: '' }
      if (parent) {
        node.isVendors = parent.isVendors || name.prefix !== (open[0] as XmlNode).prefix || hasOtherNamespace(node, own)
        parent.children.push(node)
      } else own = defaultNamespace(node) ?? namespace
      if (code === slash) {
        if (end + 1 >= text.length) return unfinished
        if (text.charCodeAt(end + 1) !== greater) return doubt
        at = end + 2
        if (!parent) return doubt
      } else {
        at = end + 1
        if (!parent) startTagEnd = at
        open.push(node)
        parent = node
      }
    }
    const close = text.indexOf('<', at)
    if (close < 0 || close + 1 >= text.length) return unfinished
    if (close > at) {
      const piece = text.slice(at, close)
      if (text.charCodeAt(close + 1) === slash && parent.children.length === 0) {
        const decoded = piece.includes('&') ? decode(piece) : piece
        if (decoded === null) return doubt
        parent.text = decoded
      } else if (piece.trim() !== '') return doubt
    }
    at = close
  }
}

const defaultNamespace = (node: XmlNode): string | undefined => {
  for (const attribute of node.attributes) if (attribute.name === 'xmlns') return attribute.value
  return undefined
}

const hasOtherNamespace = (node: XmlNode, namespace: string): boolean => {
  if (node.attributes.length === 0 || node.prefix !== '') return false
  const stated = defaultNamespace(node)
  return stated !== undefined && stated !== namespace
}

/** Undefined where the text ends first, null where it is not plain. `end` is at the `>` or `/`. */
const readAttributes = (text: string, from: number): { attributes: XmlAttribute[]; end: number } | undefined | null => {
  const attributes: XmlAttribute[] = []
  let at = from
  for (;;) {
    const gap = at
    let code = text.charCodeAt(at)
    while (code === space || code === newline || code === tab) code = text.charCodeAt((at += 1))
    if (at >= text.length) return undefined
    if (code === greater || code === slash) return { attributes, end: at }
    if (at === gap || attributes.length >= maxAttributes) return null
    const nameStart = at
    while (code > space && code !== equals && code !== greater && code !== slash) code = text.charCodeAt((at += 1))
    if (at + 1 >= text.length) return undefined
    const mark = text.charCodeAt(at + 1)
    if (code !== equals || (mark !== quote && mark !== apostrophe)) return null
    const name = knownName(text.slice(nameStart, at))
    if (!name) return null
    const close = text.indexOf(mark === quote ? '"' : "'", at + 2)
    if (close < 0) return undefined
    const value = plainValue(text.slice(at + 2, close))
    if (value === null || attributes.some((other) => other.name === name.name)) return null
    attributes.push({ name: name.name, prefix: name.prefix, local: name.local, value })
    at = close + 1
  }
}

/** White space in a value is normalised, and `<` is an error: the parser does both. */
const plainValue = (value: string): string | null => (/[<&\t\n]/.test(value) ? (/[<\t\n]/.test(value) ? null : decode(value)) : value)

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }

const decode = (text: string): string | null => {
  let isPlain = true
  const decoded = text.replace(/&[^;&]{0,10};?/g, (entity) => {
    const character = entities[entity]
    if (character === undefined) isPlain = false
    return character ?? ''
  })
  return isPlain ? decoded : null
}
