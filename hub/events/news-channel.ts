/** How processes tell each other that keys were marked, and that events are there. Losing a word costs only time: everybody polls. */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { hurriedCommit } from '../storage/hurried-commit.ts'

export const newsChannel = 'tideline_availability'

export type News = 'marked' | 'published'

/** `from` lets a process pass over its own words. In a transaction of its own, as many commits would wait for one that notifies. */
export const tellNews = (db: Database, log: Logger, news: News, from: string): void => {
  sql`with hurried as materialized (${hurriedCommit}) select pg_notify(${newsChannel}, ${`${news} ${from}`}) from hurried`
    .execute(db)
    .catch((error: unknown) => log.debug({ err: error }, 'other processes were not told of availability events'))
}

export const readNews = (payload: string, self: string): News | null => {
  const [news, from] = payload.split(' ')
  return from !== self && (news === 'marked' || news === 'published') ? news : null
}
