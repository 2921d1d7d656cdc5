/**
 * What policies found and what is not over yet: a row for each receipt or line, one exception for each till's day or item's day [MRG12]. Rows are
 * added and taken away as often as one likes; the exception says what is there. Counting ends at a thousand: more says no more.
 */
import { sql, type Transaction } from 'kysely'
import { exceptionId, type HubException, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import type { Tables } from '../storage/tables.ts'
import type { FindingRow } from './tables.ts'

type Trx = Transaction<Tables>

export const policyKinds = ['AFTER_CLOSE', 'LATE_ARRIVAL'] as const satisfies ExceptionKind[]
export type PolicyKind = (typeof policyKinds)[number]

/** One exception's place: till or item is empty where it is about none. */
export type FindingPlace = Pick<FindingRow, 'store_id' | 'business_day' | 'workstation_id' | 'item_id'> & { policy: PolicyKind }
export type Finding = FindingRow & { policy: PolicyKind }

const countedAtMost = 1_000

export interface Group extends FindingPlace {
  /** Receipts or lines. */
  count: number
  amount_minor: number
  currency: string | null
  numbers: number[]
  detail: number | null
}

export const placeOf = ({ policy, store_id, business_day, workstation_id, item_id }: FindingPlace): FindingPlace => ({
  ...{ policy, store_id, business_day, workstation_id, item_id },
})

export const placeKey = (place: FindingPlace): string => JSON.stringify(Object.values(placeOf(place)))

export const addFindings = async (trx: Trx, findings: readonly Finding[]): Promise<void> => {
  if (findings.length === 0) return
  await sql`insert into policy_finding select * from json_populate_recordset(null::policy_finding, ${JSON.stringify(findings)}::json)
    on conflict do nothing`.execute(trx)
}

export const dropFindings = async (trx: Trx, findings: readonly FindingRow[]): Promise<void> => {
  if (findings.length === 0) return
  await sql`delete from policy_finding f using json_populate_recordset(null::policy_finding, ${JSON.stringify(findings)}::json) g
    where f.policy = g.policy and f.store_id = g.store_id and f.business_day = g.business_day and f.workstation_id = g.workstation_id
      and f.item_id = g.item_id and f.natural_key = g.natural_key and f.line_number = g.line_number`.execute(trx)
}

const readGroups = async (trx: Trx, places: readonly FindingPlace[]): Promise<Group[]> => {
  const { rows } = await sql<Group>`
    select p.policy, p.store_id, p.business_day, p.workstation_id, p.item_id, g.*
    from json_populate_recordset(null::policy_finding, ${JSON.stringify(places)}::json) p cross join lateral (
      select count(*)::int as count, coalesce(sum(amount_minor), 0)::bigint as amount_minor, min(currency) as currency, max(detail) as detail,
        coalesce((array_agg(distinct sequence_number))[1:5], '{}') as numbers
      from (select * from policy_finding f where f.policy = p.policy and f.store_id = p.store_id and f.business_day = p.business_day
          and f.workstation_id = p.workstation_id and f.item_id = p.item_id order by f.natural_key, f.line_number limit ${countedAtMost}) few) g`.execute(
    trx,
  )
  return rows
}

const idOf = ({ policy, store_id, business_day, workstation_id, item_id }: FindingPlace): string =>
  exceptionId(policy, [encodeURIComponent(store_id), workstation_id || item_id, business_day].join('|'))

export const countText = ({ count }: Group, one: string, many: string): string =>
  count === 1 ? `One ${one}` : `${count >= countedAtMost ? `${countedAtMost} or more` : count} ${many}`

export const numbersText = ({ numbers, count }: Group): string =>
  `${numbers.length === 1 ? 'number' : 'numbers'} ${numbers.join(', ')}${count > numbers.length ? ' …' : ''}`

/** The exceptions say what is found now; where nothing is any more, they are over. */
export const tellFindings = async (trx: Trx, places: readonly FindingPlace[], word: (group: Group) => string): Promise<void> => {
  const distinct = [...new Map(places.map((place) => [placeKey(place), placeOf(place)])).values()]
  if (distinct.length === 0) return
  const groups = await readGroups(trx, distinct)
  const exceptionOf = (group: Group): HubException => ({
    exceptionId: idOf(group),
    kind: group.policy,
    storeId: group.store_id,
    ...(group.item_id === '' ? {} : { itemId: group.item_id }),
    place: { businessDay: group.business_day, ...(group.workstation_id === '' ? {} : { workstationId: group.workstation_id }) },
    message: word(group),
    amountMinor: group.amount_minor,
    currency: group.currency ?? undefined,
  })
  await reportExceptions(trx, groups.filter(({ count }) => count > 0).map(exceptionOf))
  await resolveExceptions(trx, groups.filter(({ count }) => count === 0).map(idOf))
}

/** Before the log is read anew: what still holds is told again on the way. */
export const forgetFindings = async (trx: Trx): Promise<void> => {
  await trx.deleteFrom('policy_finding').execute()
  const open = await trx
    .selectFrom('exception')
    .select('exception_id')
    .where('kind', 'in', policyKinds)
    .where('state', '=', 'open')
    .execute()
  await resolveExceptions(
    trx,
    open.map(({ exception_id }) => exception_id),
  )
}
