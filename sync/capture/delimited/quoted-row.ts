/**
 * One row of delimited text from a place in it. A quote that closes before anything but a delimiter or the row's end is broken, and known
 * at once: nothing behind it is looked at.
 */
export type RowText = { outcome: 'row'; cells: string[]; end: number } | { outcome: 'broken' } | { outcome: 'unfinished' }

export interface RowStyle {
  delimiter: string
  /** Empty: nothing is quoted. */
  quote: string
  newline: '\n' | '\r'
}

/** Reads rows of one text, ascending. `isEnd`: nothing follows the text. */
export const createRowScanner = (text: string, { delimiter, quote, newline }: RowStyle, isEnd: boolean) => {
  const nextDelimiter = finder(text, delimiter)
  const nextNewline = finder(text, newline)
  const nextQuote = quote === '' ? () => -1 : finder(text, quote)

  /** The text of a quoted cell and where it ends; undefined when its closing quote is not there. */
  const quotedCell = (start: number): { value: string; end: number } | undefined => {
    let value = ''
    for (let from = start + 1; ;) {
      const close = nextQuote(from)
      if (close < 0 || (close + 1 === text.length && !isEnd)) return undefined
      value += text.slice(from, close)
      if (text[close + 1] !== quote) return { value, end: close + 1 }
      value += quote
      from = close + 2
    }
  }
  const skipBlanks = (from: number): number => {
    let at = from
    while ((text[at] === ' ' || (text[at] === '\r' && newline === '\n')) && !text.startsWith(delimiter, at)) at += 1
    return at
  }

  return (start: number): RowText => {
    const cells: string[] = []
    for (let at = start; ;) {
      if (quote !== '' && text[at] === quote) {
        const cell = quotedCell(at)
        if (!cell) return { outcome: isEnd ? 'broken' : 'unfinished' }
        cells.push(cell.value)
        at = skipBlanks(cell.end)
        if (at >= text.length) return isEnd ? { outcome: 'row', cells, end: at } : { outcome: 'unfinished' }
        if (text[at] === newline) return { outcome: 'row', cells, end: at + 1 }
        if (!text.startsWith(delimiter, at)) return { outcome: 'broken' }
        at += delimiter.length
        continue
      }
      const delimiterAt = nextDelimiter(at)
      const newlineAt = nextNewline(at)
      if (delimiterAt >= 0 && (newlineAt < 0 || delimiterAt < newlineAt)) {
        cells.push(text.slice(at, delimiterAt))
        at = delimiterAt + delimiter.length
        continue
      }
      if (newlineAt < 0 && !isEnd) return { outcome: 'unfinished' }
      const cell = newlineAt < 0 ? text.slice(at) : text.slice(at, newlineAt)
      cells.push(cell.endsWith('\r') ? cell.slice(0, -1) : cell)
      return { outcome: 'row', cells, end: newlineAt < 0 ? text.length : newlineAt + 1 }
    }
  }
}

/** The next place of a text from `at` on. Asked in ascending order, it looks at each character once. */
const finder = (text: string, needle: string): ((at: number) => number) => {
  let known = -2
  return (at) => {
    if (known === -1 || known >= at) return known
    known = text.indexOf(needle, at)
    return known
  }
}
