/** PostgreSQL takes at most 65,535 parameters in one statement. */
export const chunksOf = <T>(rows: readonly T[], size = 2_000): T[][] => {
  const chunks: T[][] = []
  for (let start = 0; start < rows.length; start += size) chunks.push(rows.slice(start, start + size))
  return chunks
}
