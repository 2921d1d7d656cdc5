/** Moves a shadow along the log, never further than its live projection: where that stands still, both can be held against each other. */
import { type Kysely, sql } from 'kysely'
import { advanceStream, type StreamKey } from '../merge/advance.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { type Shadow, withinShadow } from './shadow.ts'

export interface ShadowStream extends StreamKey {
  /** Where the live projection stands. */
  throughSeq: number
}

/** Streams in which the live projection is further, or in which something was filled in behind the shadow. */
export const streamsBehind = async (db: Kysely<Tables>, { projection, positions }: Shadow): Promise<ShadowStream[]> => {
  const { rows } = await sql<ShadowStream>`
    select p.device_id as "deviceId", p.incarnation, p.seq as "throughSeq" from projection_position p
    left join projection_position s on s.projection = ${positions} and s.device_id = p.device_id and s.incarnation = p.incarnation
    where p.projection = ${projection.name} and (p.seq > coalesce(s.seq, 0) or exists (
      select from projection_late l where l.projection = ${positions} and l.device_id = p.device_id and l.incarnation = p.incarnation))
    order by p.device_id, p.incarnation limit 500`.execute(db)
  return rows
}

export interface Extent {
  read: number
  total: number
  /** The shadow is further than the live projection, which began anew, or lacks what was filled in. */
  isAhead: boolean
}

export const readExtent = async (db: Kysely<Tables>, { projection, positions }: Shadow): Promise<Extent> => {
  const { rows } = await sql<Extent>`
    select coalesce(sum(s.seq), 0)::bigint as read, coalesce(sum(p.seq), 0)::bigint as total,
      coalesce(bool_or(s.seq > coalesce(p.seq, 0)), false) or exists (select from projection_late where projection = ${projection.name}) as "isAhead"
    from (select * from projection_position where projection = ${projection.name}) p
    full join (select * from projection_position where projection = ${positions}) s using (device_id, incarnation)`.execute(db)
  return rows[0] ?? { read: 0, total: 0, isAhead: false }
}

/** Reads on until the shadow is where the live projection was when it was looked at last. Several streams at the same time. */
export const fillShadow = async (db: Database, shadow: Shadow, lanes: number, onTaken: () => Promise<void>): Promise<void> => {
  for (;;) {
    const streams = await streamsBehind(db, shadow)
    if (streams.length === 0) return
    const work = streams.values()
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (const { throughSeq, ...stream } of work) {
          await advanceStream(db, shadow.projection, stream, { as: shadow.positions, within: withinShadow(shadow), throughSeq })
          await onTaken()
        }
      }),
    )
  }
}
