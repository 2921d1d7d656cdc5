/** Room on the disk: one state, told once, and what each state does to whom. */
import { describe, expect, it } from 'vitest'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { silentLog } from './agent-log.ts'
import { createCaptureState } from './capture-state.ts'
import { startDiskGuard } from './disk-guard.ts'
import { type DiskEvent, type DiskState, isTight, nextDiskState } from './disk-state.ts'
import { CannotWrite, openJournal } from './journal/journal.ts'
import { createMemoryDisk, seededRandom } from './journal/memory-disk.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const payload = (n: number, size = 300): string => JSON.stringify({ n, fill: 'x'.repeat(size) })

const start = async () => {
  const disk = createMemoryDisk(seededRandom(1))
  disk.capacity = 60_000
  const open = () =>
    openJournal({ ...{ dir: '/j', deviceId, disk, reserveBytes: 8_000, segmentBytes: 4_000 }, lock: async () => async () => undefined })
  const journal = await open()
  const states: string[] = []
  const state = createCaptureState()
  const guard = await startDiskGuard({
    ...{ journal, state, log: silentLog, warnBytes: 20_000 },
    freeBytes: () => disk.freeBytes('/j'),
    clock: { after: () => () => undefined },
  })
  guard.onChanged((now) => states.push(now.state))
  let n = 0
  /** Until one is refused; how many landed. */
  const fill = async (): Promise<number> => {
    for (let landed = 0; ; landed += 1) {
      n += 1
      const isTaken = await journal.append('transaction', payload(n)).then(
        () => true,
        () => false,
      )
      if (!isTaken) return landed
      if (guard.current().state !== 'reserve') await guard.look()
    }
  }
  return { disk, journal, guard, state, states, fill, open }
}

describe('a disk that fills up', () => {
  it('[JNL3] [JNL5] a disk on which not a byte is left is freed by what the hub has', async () => {
    const { disk, journal, guard, fill } = await start()
    await fill()
    disk.capacity -= await disk.freeBytes('/j')
    const { seq } = await journal.head()
    journal.acknowledge(journal.incarnation, seq)
    expect((await journal.prune({ today: '2026-01-31', days: 30, maxBytes: 1e9, isUrgent: guard.isTight() })).segments).toBeGreaterThan(3)
    expect((await journal.append('transaction', payload(0))).seq).toBe(seq + 1)
    await guard.look()
    expect([guard.current().state, journal.reserve.isHeld()]).toEqual(['roomy', true])
  })

  it('[JNL3] warns early, lands the last sales from the reserve, refuses, and comes back when there is room', async () => {
    const { disk, journal, guard, state, states, fill } = await start()
    expect([guard.current().state, state.get().disk.state]).toEqual(['roomy', 'roomy'])
    const landed = await fill()
    expect(states).toEqual(['low', 'reserve', 'full'])
    expect(state.get().disk).toMatchObject({ state: 'full', message: expect.stringContaining('no sale is taken') })
    expect([journal.writable(), (await journal.head()).seq]).toEqual([false, landed])
    await guard.look()
    expect(guard.current().state).toBe('full')
    disk.capacity += 60_000
    await guard.look()
    expect([guard.current().state, journal.writable(), journal.reserve.isHeld()]).toEqual(['roomy', true, true])
    expect((await journal.append('transaction', payload(0))).seq).toBe(landed + 1)
    disk.powerCut()
  })

  it('[JNL3] opens on a full disk, with the reserve and even without one', async () => {
    const { disk, journal, open, fill } = await start()
    await journal.append('transaction', payload(0))
    disk.capacity = disk.capacity - (await disk.freeBytes('/j'))
    disk.powerCut()
    await journal.close().catch(() => undefined)
    const second = await open()
    expect([second.recovery, second.reserve.isHeld(), (await second.head()).seq]).toEqual([{ kind: 'none' }, false, 1])
    expect((await second.append('transaction', payload(1))).seq).toBe(2)
    while (await second.append('transaction', payload(2)).catch(() => null));
    const { seq } = await second.head()
    await second.close()
    disk.capacity = 0
    const third = await open()
    expect((await third.head()).seq).toBe(seq)
    await expect(third.append('transaction', payload(3))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await fill()).toBe(0)
  })

  it('[JNL3] a read-only disk is refused alike, with its cause in plain words, and probed until it writes again', async () => {
    const { disk, journal, guard, state, states } = await start()
    disk.fault = (operation) => (operation === 'write' ? 'EROFS' : null)
    await expect(journal.append('transaction', payload(1))).rejects.toBeInstanceOf(CannotWrite)
    expect(state.get().disk.message).toBe('No sale is taken: the disk is read-only (EROFS). The tills keep them.')
    await guard.look()
    expect(guard.current().state).toBe('failing')
    disk.fault = () => null
    await guard.look()
    expect(states).toEqual(['failing', 'roomy'])
  })
})

describe('disk states', () => {
  const roomy: DiskState = { state: 'roomy', freeBytes: 900 }
  const after = (...events: DiskEvent[]): DiskState => events.reduce<DiskState>((state, event) => nextDiskState(state, event, 100), roomy)
  const measured = (freeBytes: number, isReserveHeld = true): DiskEvent => ({ kind: 'measured', freeBytes, isReserveHeld })
  const refused = (isNoRoom: boolean): DiskEvent => ({ kind: 'refused', isNoRoom, cause: 'broken' })

  it.each<[string, DiskEvent[]]>([
    ['roomy', [measured(100)]],
    ['low', [measured(99)]],
    ['reserve', [{ kind: 'reserve-given-up' }]],
    ['reserve', [{ kind: 'reserve-given-up' }, measured(900, false)]],
    ['full', [{ kind: 'reserve-given-up' }, refused(true), measured(0, false)]],
    ['reserve', [refused(true), { kind: 'written-again', isReserveHeld: false }]],
    ['roomy', [refused(true), measured(900)]],
    ['failing', [refused(false), measured(900)]],
    ['low', [measured(50), refused(false), { kind: 'written-again', isReserveHeld: true }]],
  ])('[JNL3] %s', (state, events) => {
    expect(after(...events).state).toBe(state)
  })

  it('[JNL3] only sales write from the reserve on', () => {
    expect(
      [roomy, after(measured(1)), after({ kind: 'reserve-given-up' }), after(refused(true)), after(refused(false))].map(isTight),
    ).toEqual([false, false, true, true, true])
  })
})
