/** Text that PostgreSQL can hold: NUL is shown as its symbol, half a character as a replacement. */
export const storable = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\u0000', '\u2400')
