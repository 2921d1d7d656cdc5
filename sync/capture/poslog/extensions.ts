/**
 * Vendor extensions, kept raw: elements and attributes that are not the standard's, by their path. Bounded, because the record is; what is
 * over the bound is counted, and the transaction taken all the same.
 */
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
  path: string | undefined
}

export const collectExtensions = (transaction: XmlNode): Extensions => {
  let extensions: Record<string, string> | undefined
  let count = 0
  let characters = 0
  let omitted = 0
  const keep = (path: string, value: string): void => {
    extensions ??= {}
    const tail = path.length > 190 ? path.slice(-190) : path
    let key = tail
    for (let n = 2; extensions[key] !== undefined; n += 1) key = `${tail}#${n}`
    if (count >= maxEntries || characters + key.length + value.length > maxCharacters || key === '__proto__') {
      omitted += 1
      return
    }
    count += 1
    characters += key.length + value.length
    extensions[key] = value
  }
  const visit = (step: Step): void => {
    const { node } = step
    for (const { name, prefix, value } of node.attributes)
      if (prefix !== '' && prefix !== 'xmlns' && prefix !== transaction.prefix) keep(`${pathOf(step)}@${name}`, value)
    for (const child of node.children) {
      if (child.isVendors) keep(pathOf(step) + child.name, renderNode(child, maxCharacters))
      else if (child.children.length > 0 || child.attributes.length > 0) visit({ node: child, above: step, path: undefined })
    }
  }
  visit({ node: transaction, above: undefined, path: '' })
  return { extensions, omitted }
}

const pathOf = (step: Step): string => {
  if (step.path === undefined) step.path = `${step.above ? pathOf(step.above) : ''}${stepName(step.node)}/`
  return step.path
}

const stepName = (node: XmlNode): string => {
  const number = node.local === 'LineItem' ? textOf(node, 'SequenceNumber') : undefined
  return number === undefined ? node.local : `${node.local}[${number.slice(0, 12)}]`
}
