/** What is still under way somewhere, in a word; null when the world has come to rest. */
import { feedNames } from '#sync/contract/feed.ts'
import { feedScope } from '#hub/catalogue/feed.ts'
import type { Agent } from './agent.ts'
import type { HubDatabase } from './hub-database.ts'
import { projections } from './hub-process.ts'
import type { World } from './world.ts'

const agentReason = async (agent: Agent, { committed }: HubDatabase): Promise<string | null> => {
  const journal = agent.journal()
  const engine = agent.engine()
  if (!journal) return `${agent.name} does not run`
  if (!engine) return `${agent.name} has no engine`
  const head = await journal.head()
  const { incarnation, headSeq, ackedSeq, link } = engine.status()
  if (incarnation !== head.incarnation) return `${agent.name} is in another life than its journal`
  if (headSeq !== head.seq) return `${agent.name} copied ${headSeq} of ${head.seq} records`
  if (ackedSeq !== head.seq) return `${agent.name} has ${ackedSeq} of ${head.seq} records acknowledged, its line is ${link.state}`
  const there = committed.get(`${agent.identity.deviceId}:${head.incarnation}`) ?? 0
  return there === head.seq ? null : `the hub has ${there} of the ${head.seq} records of ${agent.name}, which believes that it has all`
}

const hubReason = async ({ database }: World): Promise<string | null> => {
  const [lagging] = await database.look<{ projection: string }>(
    `select p.name as projection from device_stream s cross join unnest($1::text[]) as p(name)
     left join projection_position q on q.projection = p.name and q.device_id = s.device_id and q.incarnation = s.incarnation
     where s.acked_seq > coalesce(q.seq, 0) limit 1`,
    [projections.map(({ name }) => name)],
  )
  if (lagging) return `projection ${lagging.projection} has not read the log`
  const [posting] = await database.look<{ posting_key: string; state: string; message: string | null }>(
    `select posting_key, state, message from posting where state in ('waiting', 'in-doubt') limit 1`,
  )
  return posting ? `posting ${posting.posting_key} is ${posting.state}: ${posting.message}` : null
}

const feedReason = async ({ database, agents }: World): Promise<string | null> => {
  const heads = await database.look<{ feed: string; scope: string; checkpoint: number }>('select feed, scope, checkpoint from feed_head')
  for (const { name, identity, computer } of agents)
    for (const feed of feedNames) {
      const scope = feedScope(feed, identity.storeId)
      const there = heads.find((head) => head.feed === feed && head.scope === scope)?.checkpoint ?? 0
      const here = Number(computer.tables.positions.get(`feed:${feed}`)?.value['checkpoint'] ?? 0)
      if (here !== there) return `${name} has read the feed ${feed} to ${here} of ${there}`
    }
  return null
}

export const unsettled = async (world: World): Promise<string | null> => {
  const waiting = world.tills.reduce((sum, till) => sum + till.pending(), 0)
  if (waiting > 0) return `${waiting} sales are not answered`
  for (const agent of world.agents) {
    const reason = await agentReason(agent, world.database)
    if (reason !== null) return reason
  }
  return (await hubReason(world)) ?? (await feedReason(world))
}
