/** What must hold once the world has come to rest. Each violation is a sentence. */
import { hash } from 'node:crypto'
import { conflictPayloadSchema, quarantinePayloadSchema } from '#sync/contract/record.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import type { World } from './world.ts'

interface LogRow extends Record<string, unknown> {
  device_id: string
  incarnation: string
  seq: number
  kind: string
  verdict: string
  natural_key: string | null
  payload: string
}

const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** What a record is about, in a word that is equal for equal things. */
export const subjectOf = ({ kind, payload }: Pick<LogRow, 'kind' | 'payload'>): string | null => {
  const json: unknown = JSON.parse(payload)
  if (kind === 'transaction') return `transaction ${sha256(payload)}`
  if (kind === 'conflict') {
    const parsed = conflictPayloadSchema.safeParse(json)
    return parsed.success ? `transaction ${sha256(canonicalText(parsed.data.transaction))}` : null
  }
  const parsed = kind === 'quarantine' ? quarantinePayloadSchema.safeParse(json) : null
  return parsed?.success ? `quarantine ${parsed.data.contentHash}` : null
}

const checkAnswered = ({ tills, destroyed }: World, log: readonly LogRow[]): string[] => {
  const inLog = new Set(log.map(subjectOf))
  return tills.flatMap(({ answered }) =>
    answered.flatMap(({ text, content, outcome, key }) => {
      const subject = content === null ? `quarantine ${sha256(text)}` : `transaction ${sha256(content)}`
      return inLog.has(subject) || destroyed.has(subject) ? [] : [`${key ?? 'an input'} was answered ${outcome}, and is not in the hub's log`]
    }),
  )
}

export const checkEnd = async (world: World): Promise<string[]> => {
  const log = await world.database.look<LogRow>('select * from record_log order by device_id, incarnation, seq')
  return checkAnswered(world, log)
}
