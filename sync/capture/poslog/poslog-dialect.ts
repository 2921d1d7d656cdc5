/** POSLog XML of any version and vendor, read by local name. */
import type { Dialect } from '../dialect.ts'
import { withPlainLineEnds } from './line-ends.ts'
import { openPoslogDocument } from './poslog-document.ts'

export const poslogDialect: Dialect = {
  name: 'poslog',
  recognises: ({ text, contentType, fileName }) => text.startsWith('<') || (text !== '' && /xml/i.test(contentType || fileName)),
  open: (hints) => withPlainLineEnds(openPoslogDocument(hints)),
}
