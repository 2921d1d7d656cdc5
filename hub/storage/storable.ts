/** What PostgreSQL's text cannot hold. */

/** NUL is shown as its symbol. */
export const withoutNul = (text: string): string => (text.includes('\u0000') ? text.replaceAll('\u0000', '\u2400') : text)

/** Half a character is shown as a replacement, too. */
export const storable = (text: string): string => withoutNul(text.replace(/\p{Surrogate}/gu, '\ufffd'))
