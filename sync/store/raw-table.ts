/**
 * The one place that touches raw Dexie: RxDB scans with a cursor where IndexedDB reads a key range at once (fifty newest of
 * 100,000: 780 ms against 2 ms). Reading only; every write goes through RxDB. Null on a storage that is not Dexie.
 */
import type { RxCollection } from 'rxdb/plugins/core'
import type { Table } from 'dexie'

export type RawTable<D> = Table<D & { _deleted: '0' | '1' }, string>

export const rawTableOf = async <D>(collection: RxCollection<D>): Promise<RawTable<D> | null> => {
  const internals: unknown = await collection.storageInstance.internals
  if (typeof internals !== 'object' || internals === null || !('dexieTable' in internals)) return null
  return internals.dexieTable as RawTable<D>
}

/** RxDB keeps deleted documents as marked rows. */
export const isLive = (row: { _deleted: '0' | '1' }): boolean => row._deleted === '0'

export const failedWrite = (what: string, errors: readonly { status: number; documentId: string }[]): Error =>
  new Error(`${what} not written: ${errors.map((e) => `${e.documentId} (${e.status})`).join(', ')}`)
