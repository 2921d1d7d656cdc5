/**
 * SAX events to transactions, one at a time: memory holds one transaction, whatever the size of the document. Chunks may be cut
 * anywhere. A document type, an unknown entity or deep nesting ends the reading before anything is expanded.
 */
import { SaxesParser } from 'saxes'
import type { ErrorCode } from '../../contract/error-codes.ts'
import { knownName, splitName, type XmlAttribute } from './xml-name.ts'
import { addChild, noChildren, type XmlNode } from './xml-node.ts'

const maxDepth = 64
const maxNodes = 200_000
const maxAttributes = 200

/** A place between two tags: characters from where this reader began, skipped ones counted, and the line. */
export interface Place {
  position: number
  line: number
}

export interface PoslogEvents {
  onRoot(root: XmlNode): void
  /** `start` is behind the start tag, as is `end` behind the end tag. */
  onTransaction(node: XmlNode, start: Place, end: Place): void
}

export type ReadEnd = { ok: true } | ({ ok: false } & ReadFault)

export interface ReadFault {
  code: ErrorCode
  message: string
  position: number
  /** An end tag of something that was open before this reader began. */
  closesOuter: boolean
  /** Up to there tags were well-formed; the parser may have read far beyond the fault before it noticed. */
  lastTag: Place
  /** The transaction that was being read, as far as it came. */
  open: { node: XmlNode; start: Place } | undefined
  /** How many elements around a transaction are open. */
  outerDepth: number
}

class Stop extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface PoslogReader {
  write(chunk: string): ReadEnd
  end(): ReadEnd
  /** A whole transaction was read otherwise: it counts for places and lines. Only where `isBetween`, or text has followed it. */
  skip(length: number, lines: number): void
  /** All that was written ends with a tag, and no transaction is open. */
  isBetween(): boolean
  /** A transaction is open. */
  hasOpen(): boolean
  /** Of the end of what was written. */
  line(): number
  /** The default namespace around the next transaction. */
  namespace(): string
  /** Before this place everything was given up or handed on. */
  done(): Place
}

/** `fragment` reads from inside a document, after a fault: the end tags of what was open before are not a fault then. */
export const createPoslogReader = (events: PoslogEvents, fragment = false): PoslogReader => {
  const parser = new SaxesParser({ xmlns: false, fragment })
  const open: XmlNode[] = []
  /** Default namespaces of the elements around the transaction. */
  const outerNamespaces: string[] = []
  let parent: XmlNode | undefined
  let depth = 0
  let nodes = 0
  let namespace = ''
  let start: Place = { position: 0, line: 1 }
  let tagPosition = 0
  let tagLine = 1
  let given = 0
  let skipped = 0
  let skippedLines = 0

  parser.on('error', (error) => {
    const message = error.message.replace(/^(?:undefined:)?\d+:\d+: /, '')
    if (/undefined entity/.test(message)) throw new Stop('UNSAFE_XML', 'an entity that XML does not define by itself')
    throw new Stop('MALFORMED', message)
  })
  parser.on('doctype', () => {
    throw new Stop('UNSAFE_XML', 'a document type declaration')
  })
  parser.on('opentagstart', () => {
    tagPosition = parser.position + skipped
    tagLine = parser.line + skippedLines
  })
  parser.on('opentag', ({ name, attributes }) => {
    tagPosition = parser.position + skipped
    tagLine = parser.line + skippedLines
    depth += 1
    if (depth > maxDepth) throw new Stop('UNSAFE_XML', `elements nested deeper than ${maxDepth}`)
    const { prefix, local } = knownName(name) ?? splitName(name)
    const list: XmlAttribute[] = []
    for (const attribute in attributes) list.push({ ...splitName(attribute), value: attributes[attribute] ?? '' })
    const node: XmlNode = { name, prefix, local, isVendors: false, attributes: list, children: noChildren, text: '' }
    if (list.length > maxAttributes) throw new Stop('UNSAFE_XML', `more than ${maxAttributes} attributes on one element`)
    if (!parent) {
      const around = outerNamespaces.at(-1) ?? ''
      namespace = attributes['xmlns'] ?? around
      if (depth === 1 && !fragment) events.onRoot(node)
      if (local !== 'Transaction') {
        outerNamespaces.push(namespace)
        return
      }
      nodes = 0
      start = { position: tagPosition, line: tagLine }
    } else {
      const own = attributes['xmlns']
      node.isVendors = parent.isVendors || prefix !== open[0]?.prefix || (own !== undefined && own !== namespace && prefix === '')
      addChild(parent, node)
    }
    nodes += 1
    if (nodes > maxNodes) throw new Stop('UNSAFE_XML', `more than ${maxNodes} elements in one transaction`)
    open.push(node)
    parent = node
  })
  const addText = (text: string): void => {
    if (parent) parent.text = parent.text === '' ? text : parent.text + text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    tagPosition = parser.position + skipped
    tagLine = parser.line + skippedLines
    depth -= 1
    if (!parent) {
      outerNamespaces.pop()
      return
    }
    const closed = open.pop()
    parent = open.at(-1)
    if (!parent && closed) events.onTransaction(closed, start, { position: tagPosition, line: tagLine })
  })

  const guard = (step: () => void): ReadEnd => {
    try {
      step()
      return { ok: true }
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      const [node] = open
      return {
        ok: false,
        code: error.code,
        message: error.message,
        position: parser.position + skipped,
        closesOuter: fragment && depth === 0 && error.message.startsWith('unmatched closing tag'),
        lastTag: { position: tagPosition, line: tagLine },
        open: node ? { node, start } : undefined,
        outerDepth: outerNamespaces.length,
      }
    }
  }
  return {
    write: (chunk) => {
      given += chunk.length
      return guard(() => parser.write(chunk))
    },
    skip: (length, lines) => {
      skipped += length
      skippedLines += lines
      tagPosition = given + skipped
      tagLine = parser.line + skippedLines
    },
    isBetween: () => !parent && (depth > 0 || fragment) && tagPosition === given + skipped,
    hasOpen: () => parent !== undefined,
    line: () => parser.line + skippedLines,
    namespace: () => outerNamespaces[outerNamespaces.length - 1] ?? '',
    end: () => guard(() => parser.close()),
    done: () => (parent ? start : { position: tagPosition, line: tagLine }),
  }
}
