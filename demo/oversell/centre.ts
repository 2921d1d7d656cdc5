/**
 * What the centre does in one way of working. The world calls it with what reaches it, and asks it what its channels promise. Amounts are
 * whole units.
 */

/** What a record of a store says of its stock; counts and losses found come as what they change. */
export interface Change {
  cell: number
  units: number
  isSale: boolean
  isCount: boolean
}

export interface Centre {
  /** Records of a store, while its line is up; absent: the centre asks for balances instead. */
  receive?(atMs: number, store: number, changes: readonly Change[]): void
  /** Balances as the stores' computers have them, of the stores whose line is up. */
  collect?(atMs: number, balanceOf: (cell: number) => number, isUp: (store: number) => boolean): void
  /** A session was opened, or noticed to be dead. */
  line(atMs: number, store: number, isUp: boolean): void
  /** Called each minute. */
  minute(atMs: number, isUp: (store: number) => boolean): void
  /** A customer wants a unit at this store. Taken: it is reserved. */
  orderFromWebsite(atMs: number, cell: number): boolean
  /** A customer of the marketplace, which decides alone by the figure it shows. */
  orderFromMarket(atMs: number, item: number): boolean
  /** The marketplace's order arrives: a store for it, and it is reserved there. */
  takeIn(atMs: number, item: number): number
  /** An order left the shelf, or was not found there: it is reserved no more. */
  settle(atMs: number, cell: number, wasThere: boolean): void
}
