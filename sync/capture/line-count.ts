/** How many lines end within a text: what is behind it stands so many lines further down. */
export const countLines = (text: string, newline = '\n'): number => {
  let lines = 0
  for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, at + 1)) lines += 1
  return lines
}
