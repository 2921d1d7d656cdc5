/**
 * Watches the room that the journal has: by what its writes meet, and by a look now and then, never on the way of a sale.
 * Tells each change once, and takes the reserve again when there is room.
 */
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from './agent-log.ts'
import type { CaptureStateHolder } from './capture-state.ts'
import { describeDisk, type DiskEvent, type DiskState, isTight, nextDiskState, statusOf } from './disk-state.ts'
import { isNoRoom } from './journal/cannot-write.ts'
import type { Journal, StorageEvent } from './journal/journal.ts'

export interface DiskGuardOptions {
  journal: Pick<Journal, 'reserve' | 'onStorage' | 'probe'>
  freeBytes: () => Promise<number>
  warnBytes: number
  clock: Pick<Clock, 'after'>
  state: Pick<CaptureStateHolder, 'set'>
  log: AgentLog
  /** While all is well, and while it is not. */
  everyMs?: number
  everyMsInNeed?: number
}

export interface DiskGuard {
  current(): DiskState
  /** Files, quarantine and the like wait. */
  isTight(): boolean
  onChanged(callback: (state: DiskState) => void): void
  look(): Promise<void>
  close(): void
}

export const startDiskGuard = async (options: DiskGuardOptions): Promise<DiskGuard> => {
  const { journal, clock, state, log, warnBytes, everyMs = 20_000, everyMsInNeed = 2_000 } = options
  let current: DiskState = { state: 'roomy' }
  let closed = false
  let cancelTimer = (): void => undefined
  const listeners: ((state: DiskState) => void)[] = []

  const tell = (next: DiskState): void => {
    if (next.state === 'roomy') log.info(describeDisk(next), { freeBytes: next.freeBytes })
    else if (next.state === 'low') log.warn(describeDisk(next), { freeBytes: next.freeBytes })
    else log.error(describeDisk(next), { freeBytes: next.freeBytes })
    for (const listener of listeners) listener(next)
  }
  const take = (event: DiskEvent): void => {
    const before = current
    current = nextDiskState(before, event, warnBytes)
    const isNews =
      before.state !== current.state || (current.state === 'failing' && before.state === 'failing' && current.cause !== before.cause)
    if (isNews || before.freeBytes !== current.freeBytes) state.set({ disk: statusOf(current) })
    if (isNews) tell(current)
  }
  const takeStorage = (event: StorageEvent): void => {
    if (event.kind === 'reserve-given-up') take(event)
    else if (event.kind === 'written-again') take({ kind: 'written-again', isReserveHeld: journal.reserve.isHeld() })
    else take({ kind: 'refused', isNoRoom: isNoRoom(event.fault.code), cause: event.fault.message })
    plan()
  }

  const measure = async (): Promise<void> => {
    const isHeld = await journal.reserve.hold()
    // On a full disk a probe may find the room that a sale does not; the reserve is the measure there.
    if (current.state === 'failing' || (current.state === 'full' && isHeld)) await journal.probe()
    take({ kind: 'measured', freeBytes: await options.freeBytes(), isReserveHeld: journal.reserve.isHeld() })
  }
  const look = (): Promise<void> =>
    measure()
      .catch((fault: unknown) => take({ kind: 'refused', isNoRoom: false, cause: fault instanceof Error ? fault.message : String(fault) }))
      .finally(plan)
  const plan = (): void => {
    cancelTimer()
    if (!closed) cancelTimer = clock.after(isTight(current) ? everyMsInNeed : everyMs, () => void look())
  }

  const stopListening = journal.onStorage(takeStorage)
  await look()
  return {
    current: () => current,
    isTight: () => isTight(current),
    onChanged: (callback) => void listeners.push(callback),
    look,
    close: () => {
      closed = true
      stopListening()
      cancelTimer()
    },
  }
}
