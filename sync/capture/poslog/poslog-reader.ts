/**
 * SAX events to transactions, one at a time: memory holds one transaction, whatever the size of the document. Chunks may be cut
 * anywhere. A document type, an unknown entity or deep nesting ends the reading before anything is expanded.
 */
import { SaxesParser } from 'saxes'
import type { ErrorCode } from '../../contract/error-codes.ts'
import { splitName, type XmlNode } from './xml-node.ts'

const maxDepth = 64
const maxNodes = 200_000
const maxAttributes = 200

export interface PoslogEvents {
  onRoot(local: string): void
  onTransaction(node: XmlNode, line: number): void
}

/** `lastTagEnd`: up to there tags were well-formed; the parser may have read far beyond the fault before it noticed. */
export type ReadEnd =
  | { ok: true }
  | { ok: false; code: ErrorCode; message: string; line: number; column: number; position: number; lastTagEnd: number }

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
}

/** `fragment` reads from inside a document, after a fault: the end tags of what was open before are not a fault then. */
export const createPoslogReader = (events: PoslogEvents, fragment = false): PoslogReader => {
  const parser = new SaxesParser({ fragment })
  const open: XmlNode[] = []
  let depth = 0
  let nodes = 0
  let startLine = 0
  let lastTagEnd = 0
  const markTag = (): void => void (lastTagEnd = parser.position)

  parser.on('error', (error) => {
    const message = error.message.replace(/^(?:undefined:)?\d+:\d+: /, '')
    if (/undefined entity/.test(message)) throw new Stop('UNSAFE_XML', 'an entity that XML does not define by itself')
    throw new Stop('MALFORMED', message)
  })
  parser.on('doctype', () => {
    throw new Stop('UNSAFE_XML', 'a document type declaration')
  })
  parser.on('opentagstart', markTag)
  parser.on('opentag', (tag) => {
    markTag()
    depth += 1
    if (depth > maxDepth) throw new Stop('UNSAFE_XML', `elements nested deeper than ${maxDepth}`)
    const { prefix, local } = splitName(tag.name)
    if (depth === 1 && !fragment) events.onRoot(local)
    const parent = open.at(-1)
    if (!parent && local !== 'Transaction') return
    if (!parent) {
      nodes = 0
      startLine = parser.line
    }
    nodes += 1
    if (nodes > maxNodes) throw new Stop('UNSAFE_XML', `more than ${maxNodes} elements in one transaction`)
    const attributes = new Map(Object.entries(tag.attributes))
    if (attributes.size > maxAttributes) throw new Stop('UNSAFE_XML', `more than ${maxAttributes} attributes on one element`)
    const node: XmlNode = { name: tag.name, prefix, local, attributes, children: [], text: '' }
    parent?.children.push(node)
    open.push(node)
  })
  const addText = (text: string): void => {
    const node = open.at(-1)
    if (node) node.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    markTag()
    depth -= 1
    const node = open.pop()
    if (node && open.length === 0) events.onTransaction(node, startLine)
  })

  const guard = (step: () => void): ReadEnd => {
    try {
      step()
      return { ok: true }
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      return {
        ok: false,
        code: error.code,
        message: error.message,
        line: parser.line,
        column: parser.column,
        position: parser.position,
        lastTagEnd,
      }
    }
  }
  return { write: (chunk) => guard(() => parser.write(chunk)), end: () => guard(() => parser.close()) }
}
