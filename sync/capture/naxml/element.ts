/** One event as a tree of elements by local name, read whole. Its depth and width are bounded, and no entity of its own is known. */
import { SaxesParser } from 'saxes'
import type { ErrorCode } from '../../contract/error-codes.ts'

export interface Element {
  local: string
  attributes: ReadonlyMap<string, string>
  children: Element[]
  /** Text directly inside. */
  text: string
}

export type ElementResult = { ok: true; element: Element } | { ok: false; code: ErrorCode; message: string }

const maxDepth = 64
const maxElements = 200_000
const maxAttributes = 200

class Stop extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const localOf = (name: string): string => name.slice(name.indexOf(':') + 1)

export const readElement = (text: string): ElementResult => {
  const parser = new SaxesParser({})
  const open: Element[] = []
  let root: Element | undefined
  let count = 0
  parser.on('error', (error) => {
    const message = error.message.replace(/^(?:undefined:)?\d+:\d+: /, '')
    if (/undefined entity/.test(message)) throw new Stop('UNSAFE_XML', 'an entity that XML does not define by itself')
    throw new Stop('MALFORMED', message)
  })
  parser.on('opentag', ({ name, attributes }) => {
    const entries = Object.entries(attributes)
    count += 1
    if (open.length >= maxDepth) throw new Stop('UNSAFE_XML', `elements nested deeper than ${maxDepth}`)
    if (count > maxElements) throw new Stop('UNSAFE_XML', `more than ${maxElements} elements in one event`)
    if (entries.length > maxAttributes) throw new Stop('UNSAFE_XML', `more than ${maxAttributes} attributes on one element`)
    const element: Element = {
      local: localOf(name),
      attributes: new Map(entries.map(([key, value]) => [localOf(key), value])),
      children: [],
      text: '',
    }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const addText = (more: string): void => {
    const element = open.at(-1)
    if (element) element.text += more
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    return { ok: false, code: error.code, message: error.message }
  }
  return root ? { ok: true, element: root } : { ok: false, code: 'MALFORMED', message: 'there is no element' }
}

export const child = (element: Element | undefined, ...locals: string[]): Element | undefined =>
  element?.children.find((one) => locals.includes(one.local))

export const children = (element: Element | undefined, local: string): Element[] =>
  element?.children.filter((one) => one.local === local) ?? []

/** Trimmed text of the first child among `locals`, in their order, that has any. */
export const textOf = (element: Element | undefined, ...locals: string[]): string | undefined => {
  for (const local of locals) {
    const text = children(element, local)
      .map((one) => one.text.trim())
      .find((one) => one !== '')
    if (text !== undefined) return text
  }
  return undefined
}

/** `<SuspendFlag value="yes"/>` */
export const isFlagged = (element: Element | undefined, local: string): boolean =>
  /^(?:yes|true|1)$/i.test(child(element, local)?.attributes.get('value') ?? '')

/** All text below, for what is kept raw. */
export const plainText = (element: Element): string =>
  element.children.length === 0 ? element.text.trim() : element.children.map((one) => `${one.local}=${plainText(one)}`).join('; ')
