/**
 * XML's own rule for line ends, before anything else reads the text: a carriage return, with or without a line feed behind it, is a line
 * feed. Windows tills write both; the plain reader knows one.
 */
import type { DialectReader } from '../dialect.ts'

export const withPlainLineEnds = (reader: DialectReader): DialectReader => {
  /** A carriage return at a chunk's end: whether a line feed follows is not known yet. */
  let held = ''
  return {
    write: (chunk) => {
      const text = held + chunk
      held = text.endsWith('\r') ? '\r' : ''
      const whole = held === '' ? text : text.slice(0, -1)
      return reader.write(whole.includes('\r') ? whole.replace(/\r\n?/g, '\n') : whole)
    },
    end: () => [...(held === '' ? [] : reader.write('\n')), ...reader.end()],
  }
}
