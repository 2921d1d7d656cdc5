/** Which records are asked for: by number, business day, workstation and kind. */
import { z } from 'zod'
import { recordKinds, type TidelineRecord } from '#sync/contract/record.ts'
import { Complaint } from './verb.ts'

export const selectionOptions = {
  data: { type: 'string' },
  life: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  day: { type: 'string' },
  workstation: { type: 'string' },
  kind: { type: 'string' },
} as const

export interface Asked {
  from?: string | undefined
  to?: string | undefined
  day?: string | undefined
  workstation?: string | undefined
  kind?: string | undefined
}

const contentSchema = z.looseObject({
  workstationId: z.string().optional(),
  businessDay: z.string().optional(),
  sequenceNumber: z.int().optional(),
  storeId: z.string().optional(),
  kind: z.string().optional(),
})
export type Content = z.infer<typeof contentSchema>

/** What a record is about: its transaction, or the number that it claims. */
export const contentOf = ({ kind, payload }: TidelineRecord): Content => {
  try {
    return contentSchema.catch({}).parse(aboutOf(kind, JSON.parse(payload)))
  } catch {
    return {}
  }
}

const aboutOf = (kind: TidelineRecord['kind'], payload: Record<string, unknown>): unknown => {
  if (kind === 'conflict') return payload['transaction']
  if (kind === 'quarantine') return payload['claimed'] ?? {}
  return kind === 'day-close' ? JSON.parse(String(payload['statement'])) : payload
}

const numberOf = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  if (!/^\d{1,15}$/.test(text)) throw new Complaint(`--${name} takes a record's number, not "${text}"`)
  return Number(text)
}

export const selectorOf = (asked: Asked): ((record: TidelineRecord, content: Content) => boolean) => {
  const [from, to] = [numberOf('from', asked.from, 0), numberOf('to', asked.to, Infinity)]
  if (asked.day !== undefined && !/^\d{4}-\d\d-\d\d$/.test(asked.day))
    throw new Complaint(`--day takes a date such as 2026-01-31, not "${asked.day}"`)
  const kinds: readonly string[] = recordKinds
  if (asked.kind !== undefined && !kinds.includes(asked.kind)) throw new Complaint(`--kind is one of ${kinds.join(', ')}`)
  return (record, content) =>
    record.seq >= from &&
    record.seq <= to &&
    (asked.day === undefined || content.businessDay === asked.day) &&
    (asked.workstation === undefined || content.workstationId === asked.workstation) &&
    (asked.kind === undefined || record.kind === asked.kind)
}
