/** RxDB's memory storage whose process dies before a write of the test's choice: from then on nothing is written any more. */
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import type { AnyStorage } from '#sync/store/open-store.ts'

export interface MortalStorage {
  storage: AnyStorage
  /** Dies before the write after so many. */
  killAfter(writes: number): void
  revive(): void
  isDead(): boolean
  /** Before each write. */
  onWrite: () => void
}

export const createMortalStorage = (): MortalStorage => {
  const memory: AnyStorage = getRxStorageMemory()
  let left = Number.POSITIVE_INFINITY
  const mortal: MortalStorage = {
    storage: {
      ...memory,
      createStorageInstance: async (params) => {
        const instance = await memory.createStorageInstance(params)
        const bulkWrite = instance.bulkWrite.bind(instance)
        instance.bulkWrite = (rows, context) => {
          mortal.onWrite()
          if (left <= 0) return Promise.reject(new Error('killed'))
          left -= 1
          return bulkWrite(rows, context)
        }
        return instance
      },
    },
    killAfter: (writes) => void (left = writes),
    revive: () => void (left = Number.POSITIVE_INFINITY),
    isDead: () => left <= 0,
    onWrite: () => undefined,
  }
  return mortal
}
