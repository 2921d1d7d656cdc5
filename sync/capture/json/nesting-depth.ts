/** How deep brackets nest outside strings, counted before parsing: a parser must not meet what could exhaust its stack. */

export const nestingDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i)
    if (c === 0x22) i = endOfString(text, i)
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, (depth += 1))
    else if (c === 0x7d || c === 0x5d) depth -= 1
  }
  return deepest
}

const endOfString = (text: string, start: number): number => {
  for (let i = start + 1; i < text.length; i += 1) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) i += 1
    else if (c === 0x22) return i
  }
  return text.length
}
