/** For bugs only: expected outcomes are returned unions. */

export const must = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new Error(`missing: ${what}`)
  return value
}

export const unreachable = (value: never): never => {
  throw new Error(`unhandled: ${JSON.stringify(value)}`)
}
