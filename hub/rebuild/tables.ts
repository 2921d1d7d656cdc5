/** Rows of rebuilds as kysely sees them. */
import type { Generated } from 'kysely'

export interface RebuildTables {
  projection_rebuild: {
    rebuild_id: Generated<number>
    projection: string
    /** replace | compare */
    mode: string
    /** running | done | failed | cut-off */
    state: Generated<string>
    began_at: Generated<Date>
    progressed_at: Generated<Date>
    ended_at: Date | null
    records_total: Generated<number>
    records_read: Generated<number>
    /** Why it failed, or what it found, in words. */
    message: string | null
    /** JSON text: TableDifference[]. */
    differences: string | null
  }
}
