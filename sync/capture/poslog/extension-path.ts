/**
 * Paths of extensions, and their keys. A day's transactions say the same few hundred, so each is put together once and remembered:
 * text made anew is dear to look up in a record.
 */
import { ownText } from './xml-name.ts'

const maxPath = 190
const maxRemembered = 4_000

export interface ExtensionPath {
  text: string
  below: Map<string, ExtensionPath>
  /** Of line items, by their number. */
  numbered: Map<string, ExtensionPath>
  keys: Map<string, string>
}

const createPath = (text: string): ExtensionPath => ({ text, below: new Map(), numbered: new Map(), keys: new Map() })

let root = createPath('')
let count = 0

/** Of the transaction itself. Asked for once for each transaction, so that none sees its paths forgotten. */
export const rootPath = (): ExtensionPath => {
  if (count > maxRemembered) {
    root = createPath('')
    count = 0
  }
  return root
}

const remember = <T>(known: Map<string, T>, name: string, text: string, value: T): T => {
  if (text.length > maxPath || count > maxRemembered) return value
  count += 1
  known.set(ownText(name), value)
  return value
}

export const pathBelow = (above: ExtensionPath, local: string, number: string | undefined): ExtensionPath => {
  const known = number === undefined ? above.below : above.numbered
  const name = number ?? local
  const seen = known.get(name)
  if (seen) return seen
  const text = number === undefined ? `${above.text}${local}/` : `${above.text}${local}[${number}]/`
  return remember(known, name, text, createPath(text))
}

/** The last of a path that is too long: it tells more than the first. */
export const keyBelow = (path: ExtensionPath, name: string): string => {
  const seen = path.keys.get(name)
  if (seen !== undefined) return seen
  const text = path.text + name
  return text.length > maxPath ? text.slice(-maxPath) : remember(path.keys, name, text, ownText(text))
}
