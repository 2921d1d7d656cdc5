/** What is still under way somewhere, in a word; null when the world has come to rest. */
import { feedNames } from '#sync/contract/feed.ts'
import { feedScope } from '#hub/catalogue/feed.ts'
import type { Agent } from './agent.ts'
import { projections } from './hub-process.ts'
import type { World } from './world.ts'

/** Two computers with a copy of the same disk: the one that has sold less learns of it with its next sale. */
const isBehindItsCopy = ({ agents }: World, agent: Agent, there: number): boolean =>
  agents.some((other) => {
    const [mine, its] = [agent.engine()?.status(), other.engine()?.status()]
    return other !== agent && mine && its && its.incarnation === mine.incarnation && mine.headSeq < there && its.headSeq === there
  })

const agentReason = async (agent: Agent, world: World): Promise<string | null> => {
  const journal = agent.journal()
  const engine = agent.engine()
  if (!journal) return `${agent.name} does not run`
  if (!engine) return `${agent.name} has no engine`
  const head = await journal.head()
  const { incarnation, headSeq, ackedSeq, link } = engine.status()
  if (incarnation !== head.incarnation) return `${agent.name} is in another life than its journal`
  if (headSeq !== head.seq) return `${agent.name} copied ${headSeq} of ${head.seq} records`
  if (ackedSeq !== head.seq) return `${agent.name} has ${ackedSeq} of ${head.seq} records acknowledged, its line is ${link.state}`
  // A refused one may have as many as the hub has under the same name, by chance.
  if (link.state !== 'online') return `${agent.name} is not at the hub, its line is ${link.state}`
  const there = world.database.committed.get(`${agent.identity.deviceId}:${head.incarnation}`) ?? 0
  return there === head.seq || isBehindItsCopy(world, agent, there)
    ? null
    : `the hub has ${there} of the ${head.seq} records of ${agent.name}, which believes that it has all`
}

const hubReason = async ({ database }: World): Promise<string | null> => {
  const [lagging] = await database.look<{ projection: string }>(
    `select p.name as projection from device_stream s cross join unnest($1::text[]) as p(name)
     left join projection_position q on q.projection = p.name and q.device_id = s.device_id and q.incarnation = s.incarnation
     where s.acked_seq > coalesce(q.seq, 0) limit 1`,
    [projections.map(({ name }) => name)],
  )
  if (lagging) return `projection ${lagging.projection} has not read the log`
  const [line] = await database.look<{ given_item: string }>(
    'select given_item from waiting_line join item on item_id = given_item limit 1',
  )
  if (line) return `a line waits for the item ${line.given_item}, which is known`
  const [posting] = await database.look<{ posting_key: string; state: string; message: string | null }>(
    `select posting_key, state, message from posting where state in ('waiting', 'in-doubt') limit 1`,
  )
  return posting ? `posting ${posting.posting_key} is ${posting.state}: ${posting.message}` : null
}

const feedReason = async ({ database, agents }: World): Promise<string | null> => {
  const [present] = await database.look<{ epoch: string }>('select epoch from hub_epoch order by number desc limit 1')
  const heads = await database.look<{ feed: string; scope: string; checkpoint: number }>('select feed, scope, checkpoint from feed_head')
  for (const { name, identity, computer } of agents)
    for (const feed of feedNames) {
      const scope = feedScope(feed, identity.storeId)
      const there = heads.find((head) => head.feed === feed && head.scope === scope)?.checkpoint ?? 0
      const position = computer.tables.positions.get(`feed:${feed}`)?.value
      const here = Number(position?.['checkpoint'] ?? 0)
      if (here !== there) return `${name} has read the feed ${feed} to ${here} of ${there}`
      // Equal numbers of a former life are by chance.
      if (here > 0 && position?.['epoch'] !== present?.epoch) return `${name} has not read the feed ${feed} in the hub's present epoch`
    }
  return null
}

export const unsettled = async (world: World): Promise<string | null> => {
  const waiting = world.tills.reduce((sum, till) => sum + till.pending(), 0)
  if (waiting > 0) return `${waiting} sales are not answered`
  for (const agent of world.agents) {
    const reason = await agentReason(agent, world)
    if (reason !== null) return reason
  }
  return (await hubReason(world)) ?? (await feedReason(world))
}
