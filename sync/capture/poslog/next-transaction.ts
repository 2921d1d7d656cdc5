/**
 * Looks for the next `<Transaction` in text that comes in chunks. Comments and CDATA are stepped over whole: a transaction quoted in
 * them is none.
 */
const token = /<!--|<!\[CDATA\[|<(?:[\w.-]+:)?Transaction(?=[\s>/])/g
const closers: Record<string, string> = { '<!--': '-->', '<![CDATA[': ']]>' }
const maxTagName = 300

export interface NextTransaction {
  /** Where it begins in `text`, or -1. `text` grows at its end from call to call; `isWhole` says that it does not any more. */
  find(text: string, isWhole: boolean): number
  /** How much of the text's beginning need not come again; positions count from there on. */
  forget(): number
}

export const lookForTransaction = (from: number): NextTransaction => {
  let at = from
  let closer: string | undefined
  return {
    find: (text, isWhole) => {
      for (;;) {
        if (closer !== undefined) {
          const end = text.indexOf(closer, at)
          if (end < 0) {
            at = Math.max(at, text.length - closer.length + 1)
            return -1
          }
          at = end + closer.length
          closer = undefined
        }
        token.lastIndex = at
        const match = token.exec(text)
        if (!match) {
          at = isWhole ? text.length : Math.max(at, unfinishedTag(text))
          return -1
        }
        closer = closers[match[0]]
        if (closer === undefined) return match.index
        at = token.lastIndex
      }
    },
    forget: () => {
      const behind = at
      at = 0
      return behind
    },
  }
}

/** A tag whose name is not yet all there must be looked at again. */
const unfinishedTag = (text: string): number => {
  const last = text.lastIndexOf('<')
  return last >= 0 && text.length - last < maxTagName && !/[\s>/]/.test(text.slice(last)) ? last : text.length
}
