/**
 * How much room the journal has, as one state and one transition:
 *
 *   roomy ⇄ low ─▶ reserve ─▶ full        failing: read-only, not permitted, broken
 *     ▲──────────────┴─────────┴──────────────┘  there is room, or it writes again
 *
 * `reserve` and worse: what is ours and not a till's sale waits.
 */
import type { AgentStatus } from '#sync/contract/ipc.ts'

export type DiskStatus = Extract<AgentStatus['capture'], { state: 'running' }>['disk']

export type DiskState =
  | { state: 'roomy'; freeBytes?: number }
  | { state: 'low'; freeBytes: number }
  | { state: 'reserve'; freeBytes: number }
  | { state: 'full'; freeBytes: number }
  | { state: 'failing'; freeBytes: number; cause: string }

export type DiskEvent =
  | { kind: 'measured'; freeBytes: number; isReserveHeld: boolean }
  | { kind: 'reserve-given-up' }
  | { kind: 'refused'; isNoRoom: boolean; cause: string }
  | { kind: 'written-again'; isReserveHeld: boolean }

const byRoom = (freeBytes: number, isReserveHeld: boolean, warnBytes: number): DiskState => {
  if (!isReserveHeld) return { state: 'reserve', freeBytes }
  return { state: freeBytes < warnBytes ? 'low' : 'roomy', freeBytes }
}

export const nextDiskState = (state: DiskState, event: DiskEvent, warnBytes: number): DiskState => {
  const { freeBytes = 0 } = state
  switch (event.kind) {
    case 'reserve-given-up':
      return { state: 'reserve', freeBytes }
    case 'refused':
      return event.isNoRoom ? { state: 'full', freeBytes } : { state: 'failing', freeBytes, cause: event.cause }
    case 'written-again':
      return byRoom(freeBytes, event.isReserveHeld, warnBytes)
    case 'measured': {
      // Of a disk that refuses, only a write says that it is well again; that the reserve could be taken is one.
      const refuses = state.state === 'failing' || (state.state === 'full' && !event.isReserveHeld)
      return refuses ? { ...state, freeBytes: event.freeBytes } : byRoom(event.freeBytes, event.isReserveHeld, warnBytes)
    }
  }
}

/** Sales come first: files, quarantine and the like wait. */
export const isTight = ({ state }: DiskState): boolean => state !== 'roomy' && state !== 'low'

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_000_000).toLocaleString('en')} MB`

/** For the manager's window and the log. */
export const describeDisk = (disk: DiskState): string => {
  switch (disk.state) {
    case 'roomy':
      return 'The disk has enough room.'
    case 'low':
      return `The disk is filling up: ${megabytes(disk.freeBytes)} are left. Free some space soon; sales are still taken.`
    case 'reserve':
      return 'The disk is full. The last sales are still taken, from a reserve; files wait. Free some space now.'
    case 'full':
      return 'The disk is full and no sale is taken any more. The tills keep them. Free some space now.'
    case 'failing':
      return `No sale is taken: ${disk.cause}. The tills keep them.`
  }
}

export const statusOf = (disk: DiskState): DiskStatus => ({
  state: disk.state,
  ...(disk.freeBytes === undefined ? {} : { freeBytes: disk.freeBytes }),
  ...(disk.state === 'roomy' ? {} : { message: describeDisk(disk) }),
})
