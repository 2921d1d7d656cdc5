/** Names of elements and attributes, each split once: a document says the same few hundred over and over. */

export interface XmlName {
  /** As written: "acs:ItemCount". */
  name: string
  prefix: string
  local: string
}

/** Attributes as written, and as read. */
export interface KnownList {
  raw: string
  attributes: readonly XmlAttribute[]
}

export interface XmlAttribute extends XmlName {
  value: string
}

/** A name as a plain reader meets it, with the names that followed it last: documents repeat themselves, and a guess is quickly checked. */
export interface KnownName extends XmlName {
  next: KnownName | undefined
  nextButOne: KnownName | undefined
  nextAttribute: KnownName | undefined
  /** As an element, without attributes. */
  startTag: string
  endTag: string
  /** As an element: attributes that it bore. */
  lists: KnownList[]
  /** How many more are remembered: each one that is met again allows for another. */
  credit: number
  /** As an element without children: its end tag, white space and the start tag that followed last. */
  follower: { raw: string; name: KnownName; lines: number } | undefined
  followers: number
}

const plainName = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/
const maxKnown = 4_000
const firstCredit = 100

let known: Record<string, KnownName> = Object.create(null) as Record<string, KnownName>
let count = 0

/** A string of its own, and the same one for the same characters: it keeps no document alive, and is compared in one step. */
export const ownText = (text: string): string => Object.keys({ [text]: 0 })[0] ?? text

export const splitName = (name: string): XmlName => {
  const colon = name.indexOf(':')
  return colon < 0 ? { name, prefix: '', local: name } : { name, prefix: name.slice(0, colon), local: name.slice(colon + 1) }
}

/** Undefined for a name that a plain reader had better leave to the parser. */
export const knownName = (name: string): KnownName | undefined => {
  const seen = known[name]
  if (seen !== undefined) return seen
  if (name.length > 200 || !plainName.test(name)) return undefined
  if (count >= maxKnown) {
    known = Object.create(null) as Record<string, KnownName>
    count = 0
  }
  count += 1
  const split = splitName(name)
  const names = { name: ownText(split.name), prefix: ownText(split.prefix), local: ownText(split.local) }
  return (known[names.name] = {
    ...names,
    next: undefined,
    nextButOne: undefined,
    nextAttribute: undefined,
    startTag: ownText(`<${name}>`),
    endTag: ownText(`</${name}>`),
    lists: [],
    credit: firstCredit,
    follower: undefined,
    followers: 0,
  })
}
