/** Tells the story on the terminal, and keeps what it claimed: the story is proven when every claim held. */

export interface Claim {
  claim: string
  holds: boolean
}

export interface ToldStep {
  title: string
  claims: Claim[]
}

export interface Teller {
  step(title: string): void
  say(line: string): void
  /** With the numbers that prove it, in the claim itself. */
  claim(claim: string, holds: boolean): void
  told(): ToldStep[]
}

export const createTeller = (write: (line: string) => void): Teller => {
  const steps: ToldStep[] = []
  return {
    step: (title) => {
      steps.push({ title, claims: [] })
      write(`\n${steps.length}. ${title}`)
    },
    say: (line) => write(`   ${line}`),
    claim: (claim, holds) => {
      steps.at(-1)?.claims.push({ claim, holds })
      write(`   ${holds ? '✓' : '✗ NOT TRUE:'} ${claim}`)
    },
    told: () => steps,
  }
}

export const isProven = (steps: readonly ToldStep[]): boolean =>
  steps.length > 0 && steps.every(({ claims }) => claims.length > 0 && claims.every(({ holds }) => holds))
