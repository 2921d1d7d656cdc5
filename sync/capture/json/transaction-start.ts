/**
 * Where a canonical transaction begins in JSON text, in the order that it is written in. No reference, line or text begins so: a quote
 * within a text is escaped.
 */
const gap = String.raw`\s{0,40}`
const text = (longest: number): string => `"[^"\\\\]{1,${longest}}"`
const field = (name: string, value: string): string => `"${name}"${gap}:${gap}${value}${gap},${gap}`
const source = `\\{${gap}${field('storeId', text(32))}${field('workstationId', text(32))}${field('businessDay', text(10))}${field('sequenceNumber', String.raw`\d{1,10}`)}"kind"`

const anywhere = new RegExp(source, 'g')
const here = new RegExp(source, 'y')

/** No beginning is longer than this. */
export const transactionStart = 1_000

export const transactionFrom = (within: string, at: number): number => {
  anywhere.lastIndex = at
  return anywhere.exec(within)?.index ?? -1
}

export const startsTransaction = (within: string, at: number): boolean => {
  here.lastIndex = at
  return here.test(within)
}
