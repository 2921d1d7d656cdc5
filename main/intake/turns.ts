/** Steps of equal keys run one after the other; others at once. A first step starts within the call, so order of arrival is kept. */

export type InTurn = <T>(key: string, step: () => Promise<T>) => Promise<T>

export const createTurns = (): InTurn => {
  const last = new Map<string, Promise<unknown>>()
  return (key, step) => {
    const before = last.get(key)
    const mine = before ? before.then(step, step) : step()
    last.set(key, mine)
    const leave = (): void => {
      if (last.get(key) === mine) last.delete(key)
    }
    mine.then(leave, leave)
    return mine
  }
}
