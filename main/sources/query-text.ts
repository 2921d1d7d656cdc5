/** A source's query with its two numbers in place. `:after` and `:limit` are left alone in strings, quoted names, comments and casts. */

const token = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|::\w+|:(after|limit)\b/g

/** Both are integers, so that nothing can be smuggled in with them. */
export const fillQuery = (query: string, after: bigint, limit: number): string =>
  query.replace(token, (whole: string, _tag: unknown, name: unknown) => {
    if (name === 'after') return after < 0n ? `(${after})` : String(after)
    return name === 'limit' ? String(Math.trunc(limit)) : whole
  })
