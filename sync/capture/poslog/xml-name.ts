/** Names of elements and attributes, each split once: a document says the same few hundred over and over. */

export interface XmlName {
  /** As written: "acs:ItemCount". */
  name: string
  prefix: string
  local: string
}

const plainName = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/
const maxKnown = 4_000

let known: Record<string, XmlName> = Object.create(null) as Record<string, XmlName>
let count = 0

export const splitName = (name: string): XmlName => {
  const colon = name.indexOf(':')
  return colon < 0 ? { name, prefix: '', local: name } : { name, prefix: name.slice(0, colon), local: name.slice(colon + 1) }
}

/** Undefined for a name that a plain reader had better leave to the parser. */
export const knownName = (name: string): XmlName | undefined => {
  const seen = known[name]
  if (seen !== undefined) return seen
  if (name.length > 200 || !plainName.test(name)) return undefined
  if (count >= maxKnown) {
    known = Object.create(null) as Record<string, XmlName>
    count = 0
  }
  count += 1
  return (known[name] = splitName(name))
}
