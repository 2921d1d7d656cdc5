/**
 * Who owns a field, who may change it, and how a change travels: said for each field of a schema, or it does not compile. A schema that
 * gains a field wants its rule here [IDN14].
 */
import type { z } from 'zod'

export const owners = {
  till: 'the till, in its vendor’s software',
  store: 'the store’s people',
  ERP: 'the ERP',
  hub: 'the hub: Tideline in the centre, and its operators',
  channel: 'a sales channel: website, marketplace',
  entry: 'whoever the line of the mapping, or the rule, names as its owner',
} as const
export type Owner = keyof typeof owners

/** How a change reaches everybody else. */
export const ways = {
  record:
    'as a record of the store’s sequence: journal, outbox, the hub’s log; what was captured never changes, a correction is a record of its own',
  pull: 'by the ERP’s pull into the catalogue, from there in a feed to the stores',
  feed: 'from the hub’s API into a feed to the stores, in one transaction',
  version: 'by an import into a new version of the mapping, checked whole; the hub resolves by it at once',
  import: 'by an import into the hub’s tax master, checked whole; the days that it concerns are judged anew',
  rules: 'by a call or an import into a new version of the rules, checked whole; figures follow at once',
  call: 'by a call of the hub’s API; what is available to sell follows at once',
} as const
export type Way = keyof typeof ways

export interface FieldRule {
  owner: Owner
  /** Who may change it; “nobody” where it stays as it came. */
  mayChange: string
  way: Way
}

export interface OwnedSchema {
  title: string
  /** Where the schema is. */
  source: string
  fields: { name: string; isRequired: boolean; rule: FieldRule }[]
}

/** Each of the schema's fields has its rule: the compiler sees to it, and this does for schemas that it does not know. */
export const own = <S extends z.core.$ZodShape>(
  title: string,
  source: string,
  schema: z.ZodObject<S>,
  rules: { [F in keyof S & string]: FieldRule },
): OwnedSchema => {
  const ruleOf: Partial<Record<string, FieldRule>> = rules
  const fields = Object.entries(schema.shape).map(([name, field]) => {
    const rule = ruleOf[name]
    if (rule === undefined) throw new Error(`${title}.${name} has no owner: give it one in hub/governance/fields.ts`)
    return { name, isRequired: !acceptsNothing(field), rule }
  })
  return { title, source, fields }
}

const acceptsNothing = (field: z.core.$ZodType): boolean => ['optional', 'default', 'prefault'].includes(field._zod.def.type)
