/**
 * Syncs that overlap, each for lines that were written before it began. Lines land in their order: once their own sync and all before it
 * succeeded. One that fails takes all under way with it.
 */

export interface Syncs {
  /** Resolves when the lines have landed. */
  add(lines: readonly Uint8Array[], sync: () => Promise<void>): Promise<void>
  /** Written, and not landed. */
  ahead(): { lines: number; bytes: number }
  /** Resolves when none is under way. */
  rest(): Promise<void>
}

export interface SyncsParts {
  landed(lines: readonly Uint8Array[]): void
  failed(fault: unknown): void
}

interface Flight {
  lines: readonly Uint8Array[]
  isSynced: boolean
  resolve(): void
  reject(fault: unknown): void
}

const bytesOf = ({ lines }: Flight): number => lines.reduce((sum, line) => sum + line.length, 0)

export const createSyncs = ({ landed, failed }: SyncsParts): Syncs => {
  const flights: Flight[] = []
  const running = new Set<Promise<void>>()

  const land = (): void => {
    for (let first = flights[0]; first?.isSynced; first = flights[0]) {
      flights.shift()
      landed(first.lines)
      first.resolve()
    }
  }
  const fly = async (flight: Flight, sync: () => Promise<void>): Promise<void> => {
    try {
      await sync()
      flight.isSynced = true
      land()
    } catch (fault) {
      failed(fault)
      for (const one of flights.splice(0)) one.reject(fault)
    }
  }
  return {
    add: (lines, sync) =>
      new Promise((resolve, reject) => {
        const flight: Flight = { lines, isSynced: false, resolve, reject }
        flights.push(flight)
        const flown: Promise<void> = fly(flight, sync).finally(() => running.delete(flown))
        running.add(flown)
      }),
    ahead: () => ({
      lines: flights.reduce((sum, { lines }) => sum + lines.length, 0),
      bytes: flights.reduce((sum, flight) => sum + bytesOf(flight), 0),
    }),
    rest: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
