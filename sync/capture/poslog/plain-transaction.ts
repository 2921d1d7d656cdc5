/**
 * Reads a `Transaction` element whose XML is plain: tags, attributes and text, and of the entities only the five that need no definition.
 * It takes a third of the parser's time. Whatever else it meets, right or wrong, it leaves to the parser, which alone says what is wrong:
 * text that it takes the parser takes too, and to the same tree.
 */
import { type KnownList, type KnownName, knownName, ownText, type XmlAttribute } from './xml-name.ts'
import { addChild, noChildren, type XmlNode } from './xml-node.ts'

const maxDepth = 40
const maxNodes = 20_000
const maxAttributes = 40
const maxRemembered = 100
const maxFollowers = 100
const maxCredit = 100
const maxLists = 6

/** Every engine that we run on has it; our library of types does not yet. */
type WellFormed = string & { isWellFormed(): boolean }
const isWellFormed = (text: string): boolean => (text as WellFormed).isWellFormed()

export type PlainRead =
  | { outcome: 'read'; node: XmlNode; end: number; lines: number; startLines: number }
  /** Its end is not there yet. */
  | { outcome: 'unfinished' }
  | { outcome: 'doubt' }

const unfinished: PlainRead = { outcome: 'unfinished' }
const doubt: PlainRead = { outcome: 'doubt' }
const noAttributes: readonly XmlAttribute[] = []

const tab = 9
const newline = 10
const space = 32
const quote = 34
const apostrophe = 39
const slash = 47
const bang = 33
const ampersand = 38
const digit = 48
const less = 60
const equals = 61
const greater = 62
const question = 63
const surrogate = 0xd800
const behindSurrogates = 0xe000
const lastCharacter = 0xfffd

/** `start` is the `<` of the transaction's start tag; `namespace` the default one around it. */
export const readPlainTransaction = (text: string, start: number, namespace: string): PlainRead => {
  const open: XmlNode[] = []
  let prefix = ''
  let parent: XmlNode | undefined
  let before: KnownName | undefined
  /** Line ends within, and of them within the start tag. */
  let lines = 0
  let startLines = 0
  let nodes = 0
  let at = start
  let own = namespace
  /** Where the end tag of `before` began, while only white space has followed it. */
  let endOfBefore = -1
  for (;;) {
    // Here `at` is at a `<`.
    const next = text.charCodeAt(at + 1)
    const follower = next === slash && parent && parent.children === noChildren && open.length > 1 ? before?.follower : undefined
    const isFollowed = follower !== undefined && startsTag(text, at, follower.raw)
    if (isFollowed) {
      open.pop()
      parent = open[open.length - 1]
      lines += follower.lines
      at += follower.raw.length - follower.name.name.length - 1
    }
    if (next === slash && !isFollowed) {
      if (!parent) return doubt
      const { name } = parent
      const behind = at + 2 + name.length
      if (behind >= text.length) return unfinished
      if (!text.startsWith(name, at + 2) || text.charCodeAt(behind) !== greater) return doubt
      endOfBefore = parent.children === noChildren ? at : -1
      at = behind + 1
      const closed = parent
      open.pop()
      parent = open[open.length - 1]
      if (!parent) return { outcome: 'read', node: closed, end: at, lines, startLines }
    } else {
      if (next === bang || next === question) return doubt
      const name: KnownName | undefined | null = isFollowed ? follower.name : readName(text, at + 1, before?.next, before?.nextButOne)
      if (name === undefined) return unfinished
      nodes += 1
      if (name === null || nodes > maxNodes || open.length >= maxDepth) return doubt
      if (before && before.next !== name) {
        before.nextButOne = before.next
        before.next = name
      }
      let end = at + 1 + name.name.length
      if (endOfBefore >= 0 && before && !isFollowed) rememberFollower(before, name, text.slice(endOfBefore, end))
      endOfBefore = -1
      before = name
      let code = text.charCodeAt(end)
      let attributes = noAttributes
      if (code !== greater && code !== slash) {
        // All of an element's attributes are most often those that one of its name had before.
        const same = knownList(text, end, name)
        if (same) {
          attributes = same.attributes
          if (name.credit < maxCredit) name.credit += 1
          end += same.raw.length
        } else {
          const read = readAttributes(text, end, name)
          if (read === undefined) return unfinished
          if (read === null) return doubt
          if (read.lines === 0 && read.end - end < maxRemembered) remember(name, text.slice(end, read.end), read.attributes)
          attributes = read.attributes
          lines += read.lines
          end = read.end
        }
        code = text.charCodeAt(end)
      }
      const node: XmlNode = {
        name: name.name,
        prefix: name.prefix,
        local: name.local,
        isVendors: false,
        attributes,
        children: noChildren,
        text: '',
      }
      if (parent) {
        node.isVendors = parent.isVendors || name.prefix !== prefix || (attributes.length > 0 && hasOtherNamespace(node, own))
        addChild(parent, node)
      } else {
        own = defaultNamespace(node) ?? namespace
        prefix = name.prefix
      }
      if (code === slash) {
        if (end + 1 >= text.length) return unfinished
        if (!parent || text.charCodeAt(end + 1) !== greater) return doubt
        at = end + 2
      } else {
        at = end + 1
        if (!parent) startLines = lines
        open.push(node)
        parent = node
      }
    }
    const from = at
    let code = text.charCodeAt(at)
    while (code === space || code === newline || code === tab) {
      if (code === newline) lines += 1
      code = text.charCodeAt((at += 1))
    }
    const isBlank = code === less
    // Every character is looked at once: most are neither marks nor doubtful.
    let isOdd = false
    while (code !== less) {
      if (code < digit || code === greater || code >= surrogate) {
        if (code === newline) lines += 1
        else if (code < space ? code !== tab : code > lastCharacter) return doubt
        else if (code === ampersand || code === greater || (code >= surrogate && code < behindSurrogates)) isOdd = true
      } else if (at >= text.length) return unfinished
      code = text.charCodeAt((at += 1))
    }
    if (at === from) continue
    if (text.charCodeAt(at + 1) === slash && parent.children === noChildren) {
      const piece = text.slice(from, at)
      const decoded = isOdd ? decode(piece) : piece
      if (decoded === null) return doubt
      parent.text = decoded
    } else if (!isBlank) return at + 1 < text.length ? doubt : unfinished
  }
}

const knownList = (text: string, from: number, { lists }: KnownName): KnownList | undefined => {
  for (let index = 0; index < lists.length; index += 1) {
    const list = lists[index] as KnownList
    if (!text.startsWith(list.raw, from)) continue
    const behind = text.charCodeAt(from + list.raw.length)
    if (behind === greater || behind === slash) return list
  }
  return undefined
}

/** A tag's name ends where `raw` does. */
const startsTag = (text: string, at: number, raw: string): boolean =>
  text.startsWith(raw, at) && isNameEnd(text.charCodeAt(at + raw.length))

const rememberFollower = (name: KnownName, next: KnownName, raw: string): void => {
  if (name.followers > maxFollowers || raw.length > maxRemembered) return
  name.followers += 1
  name.follower = { raw: ownText(raw), name: next, lines: raw.split('\n').length - 1 }
}

/** Some elements say something new each time: those are not remembered for ever. */
const remember = (name: KnownName, raw: string, attributes: readonly XmlAttribute[]): void => {
  if (name.credit === 0) return
  name.credit -= 1
  name.lists[name.lists.length < maxLists ? name.lists.length : name.credit % maxLists] = {
    raw: ownText(raw),
    attributes: attributes.map((one) => ({ ...one, value: ownText(one.value) })),
  }
}

const isNameEnd = (code: number): boolean => code === greater || code === space || code === slash || code === equals

/** The name at `from`, most likely one of the two guessed. Undefined where the text ends first, null where it is not plain. */
const readName = (text: string, from: number, guess: KnownName | undefined, other: KnownName | undefined): KnownName | undefined | null => {
  if (guess !== undefined && text.startsWith(guess.name, from) && isNameEnd(text.charCodeAt(from + guess.name.length))) return guess
  if (other !== undefined && text.startsWith(other.name, from) && isNameEnd(text.charCodeAt(from + other.name.length))) return other
  let end = from
  let code = text.charCodeAt(end)
  while (code > space && code !== greater && code !== slash && code !== equals) code = text.charCodeAt((end += 1))
  return end >= text.length ? undefined : (knownName(text.slice(from, end)) ?? null)
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
const readAttributes = (
  text: string,
  from: number,
  element: KnownName,
): { attributes: XmlAttribute[]; end: number; lines: number } | undefined | null => {
  const attributes: XmlAttribute[] = []
  let before: KnownName | undefined
  let lines = 0
  let at = from
  for (;;) {
    const gap = at
    let code = text.charCodeAt(at)
    while (code === space || code === newline || code === tab) {
      if (code === newline) lines += 1
      code = text.charCodeAt((at += 1))
    }
    if (at >= text.length) return undefined
    if (code === greater || code === slash) return { attributes, end: at, lines }
    if (at === gap || attributes.length >= maxAttributes) return null
    const name = readName(text, at, before ? before.nextAttribute : element.nextAttribute, undefined)
    if (!name) return name
    if (before) before.nextAttribute = name
    else element.nextAttribute = name
    before = name
    at += name.name.length
    if (at + 1 >= text.length) return undefined
    const mark = text.charCodeAt(at + 1)
    if (text.charCodeAt(at) !== equals || (mark !== quote && mark !== apostrophe)) return null
    const close = text.indexOf(mark === quote ? '"' : "'", at + 2)
    if (close < 0) return undefined
    const value = plainValue(text.slice(at + 2, close))
    if (value === null) return null
    for (const other of attributes) if (other.name === name.name) return null
    attributes.push({ name: name.name, prefix: name.prefix, local: name.local, value })
    at = close + 1
  }
}

/** White space in a value is normalised, and `<` is an error: the parser does both. Most values hold nothing that is looked at twice. */
const isSimpleValue = (value: string): boolean => !/[^\x20-\x25\x27-\x3b=?-\ud7ff\ue000-\ufffd]/.test(value)
const plainValue = (value: string): string | null =>
  isSimpleValue(value) ? value : /[^\x20-\x3b=-\ufffd]/.test(value) ? null : decode(value)

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" }

/** Null where a surrogate stands alone, an entity is not known, or a section would end that never began. */
const decode = (text: string): string | null => {
  if (!isWellFormed(text) || text.includes(']]>')) return null
  if (!text.includes('&')) return text
  let isPlain = true
  const decoded = text.replace(/&[^;&]{0,10};?/g, (entity) => {
    const character = entities[entity]
    if (character === undefined) isPlain = false
    return character ?? ''
  })
  return isPlain ? decoded : null
}
