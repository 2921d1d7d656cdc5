/** A disk whose syncs wait until they are let go: everything in front of the journal fills up. */
import type { Disk } from '#main/journal/disk.ts'

export interface SlowDisk extends Disk {
  hold(): void
  letGo(): void
  readonly waiting: number
}

export const slowDisk = (disk: Disk): SlowDisk => {
  let held = false
  let waiting: (() => void)[] = []
  const turn = (): Promise<void> => (held ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve())
  return {
    ...disk,
    open: async (path) => {
      const file = await disk.open(path)
      return {
        ...file,
        sync: async () => {
          await turn()
          await file.sync()
        },
      }
    },
    hold: () => void (held = true),
    letGo: () => {
      held = false
      for (const go of waiting) go()
      waiting = []
    },
    get waiting() {
      return waiting.length
    },
  }
}
