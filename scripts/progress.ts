/** Plain words on stderr about slow steps, with the time they took; stdout belongs to the program's result. */

const EVERY_MS = 10_000

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

export const withProgress = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
  const startedAt = Date.now()
  const seconds = (): number => Math.round((Date.now() - startedAt) / 1_000)
  say(`${text} …`)
  const timer = setInterval(() => say(`  still at it, ${seconds()} s`), EVERY_MS)
  try {
    const result = await work()
    say(`  done in ${seconds()} s`)
    return result
  } finally {
    clearInterval(timer)
  }
}
