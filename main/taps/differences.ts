/**
 * The exceptions of the cross-check, one for each number at most: what is wrong with it by now, and what the journal last said of it.
 *
 *   a source lacks it ─▶ open ─ it comes, and is the same ─▶ resolved
 *   sources differ    ─▶ open, until a person decides
 */
import type { StoreException } from '#sync/contract/store-exception.ts'
import type { BusinessDifference } from './same-business.ts'

export interface NumberAtIssue {
  workstationId: string
  businessDay: string
  sequenceNumber: number
}

export const exceptionIdOf = ({ workstationId, businessDay, sequenceNumber }: NumberAtIssue): string =>
  `SOURCES_DIFFER:${workstationId}|${businessDay}|${sequenceNumber}`

const shown = 6

const theNumber = ({ workstationId, businessDay, sequenceNumber }: NumberAtIssue): string =>
  `Number ${sequenceNumber} of workstation ${workstationId} on ${businessDay}`

export const differsMessage = (at: NumberAtIssue, first: string, second: string, differences: readonly BusinessDifference[]): string => {
  const said = differences.slice(0, shown).map((d) => `${d.what} is ${d.first} from ${first} and ${d.second} from ${second}`)
  const more = differences.length > shown ? `; and ${differences.length - shown} more` : ''
  return `${theNumber(at)} is not the same from two sources: ${said.join('; ')}${more}. Both are kept; the first one counts.`.slice(
    0,
    1_000,
  )
}

export const lackingMessage = (at: NumberAtIssue, has: readonly string[], lacks: readonly string[]): string =>
  `${theNumber(at)} came from ${has.join(' and ')} and not from ${lacks.join(' and ')}, which reported later ones. It was taken.`.slice(
    0,
    1_000,
  )

export const resolvedMessage = (at: NumberAtIssue): string => `${theNumber(at)} has come from all sources by now, and they say the same.`

export const exceptionOf = (at: NumberAtIssue, state: StoreException['state'], message: string, recordIds?: string[]): StoreException =>
  ({
    exceptionId: exceptionIdOf(at),
    kind: 'SOURCES_DIFFER',
    state,
    message,
    ...at,
    ...(recordIds ? { recordIds } : {}),
  }) as StoreException
