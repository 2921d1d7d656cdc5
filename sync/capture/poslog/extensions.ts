/**
 * Vendor extensions, kept raw: elements and attributes that are not the standard's, by their path. Bounded, because the record is; what is
 * over the bound is counted, and the transaction taken all the same.
 */
import { type ExtensionPath, keyBelow, pathBelow, rootPath } from './extension-path.ts'
import type { XmlAttribute } from './xml-name.ts'
import { renderNode, textOf, type XmlNode } from './xml-node.ts'

const maxEntries = 400
const maxCharacters = 100_000

export interface Extensions {
  /** Undefined where there are none. */
  extensions: Record<string, string> | undefined
  omitted: number
}

/** An element on the way down, and its path once somebody asked for it. */
interface Step {
  node: XmlNode
  above: Step | undefined
  path: ExtensionPath | undefined
}

export const collectExtensions = (transaction: XmlNode): Extensions => {
  let extensions: Record<string, string> | undefined
  let count = 0
  let characters = 0
  let omitted = 0
  const keep = (step: Step, name: string, value: string): void => {
    extensions ??= {}
    const first = keyBelow(pathOf(step), name)
    let key = first
    for (let n = 2; extensions[key] !== undefined; n += 1) key = `${first}#${n}`
    if (count >= maxEntries || characters + key.length + value.length > maxCharacters || key === '__proto__') {
      omitted += 1
      return
    }
    count += 1
    characters += key.length + value.length
    extensions[key] = value
  }
  const isVendors = (prefix: string): boolean => prefix !== '' && prefix !== 'xmlns' && prefix !== transaction.prefix
  const hasVendors = (attributes: readonly XmlAttribute[]): boolean => {
    for (let at = 0; at < attributes.length; at += 1) if (isVendors((attributes[at] as XmlAttribute).prefix)) return true
    return false
  }
  const visit = (step: Step): void => {
    const { node } = step
    for (const { name, prefix, value } of node.attributes) if (isVendors(prefix)) keep(step, `@${name}`, value)
    for (const child of node.children) {
      if (child.isVendors) keep(step, child.name, renderNode(child, maxCharacters))
      else if (child.children.length > 0 || hasVendors(child.attributes)) visit({ node: child, above: step, path: undefined })
    }
  }
  visit({ node: transaction, above: undefined, path: rootPath() })
  return { extensions, omitted }
}

const pathOf = (step: Step): ExtensionPath =>
  (step.path ??= pathBelow(step.above ? pathOf(step.above) : rootPath(), step.node.local, lineNumberText(step.node)))

const lineNumberText = (node: XmlNode): string | undefined =>
  node.local === 'LineItem' ? textOf(node, 'SequenceNumber')?.slice(0, 12) : undefined
