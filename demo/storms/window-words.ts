/** Reads a line of the manager's window once it says what it should. */
import type { BackOffice } from './back-office.ts'
import { becomesTrue } from './until.ts'

/** The whole line that holds the words; empty when they did not come. */
export const withinWindow = async (pc: BackOffice, words: RegExp, withinMs = 60_000): Promise<string> => {
  let found = ''
  await becomesTrue(async () => {
    found = (await pc.windowText()).split('\n').find((line) => words.test(line)) ?? ''
    return found !== ''
  }, withinMs)
  return found
}
