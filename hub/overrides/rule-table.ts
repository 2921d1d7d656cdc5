/**
 * Who wins where store and centre changed the same field without knowing of each other: pure [MRG42]. The most specific rule counts: the
 * store's own, then its group's, then everybody's; where there is none a person decides.
 */
import { z } from 'zod'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'

export const overrideFields = ['price', 'stock'] as const
export type OverrideField = (typeof overrideFields)[number]

export const winners = ['store', 'centre', 'person'] as const
export type Winner = (typeof winners)[number]

const nameSchema = z.string().trim().min(1).max(64)

export const overrideRuleSchema = z
  .strictObject({
    field: z.enum(overrideFields),
    storeId: storeIdSchema.optional(),
    group: nameSchema.optional(),
    winner: z.enum(winners),
    owner: nameSchema.meta({ description: 'Who answers for the rule' }),
    reason: z.string().trim().min(1).max(300),
  })
  .refine(({ storeId, group }) => storeId === undefined || group === undefined, 'a rule is for a store or for a group, not for both')
export type OverrideRule = z.infer<typeof overrideRuleSchema>

export const ruleTableSchema = z.strictObject({
  groups: z.array(z.strictObject({ group: nameSchema, storeIds: z.array(storeIdSchema).max(10_000) })).max(200),
  rules: z.array(overrideRuleSchema).max(1_000),
})
export type RuleTable = z.infer<typeof ruleTableSchema>

export const emptyTable: RuleTable = { groups: [], rules: [] }

export type RuleInForce = Pick<OverrideRule, 'winner' | 'owner' | 'reason'>

const unruled: RuleInForce = { winner: 'person', owner: 'hub', reason: 'No rule says who wins.' }

export const ruleFor = ({ groups, rules }: RuleTable, field: OverrideField, storeId: string): RuleInForce => {
  const own = new Set(groups.filter(({ storeIds }) => storeIds.some((each) => each === storeId)).map(({ group }) => group))
  const ofField = rules.filter((rule) => rule.field === field)
  return (
    ofField.find((rule) => rule.storeId === storeId) ??
    ofField.find((rule) => rule.group !== undefined && own.has(rule.group)) ??
    ofField.find((rule) => rule.storeId === undefined && rule.group === undefined) ??
    unruled
  )
}

const placeOf = ({ field, storeId, group }: OverrideRule): string => {
  if (storeId !== undefined) return `${field} of store ${storeId}`
  return group === undefined ? `${field} of all stores` : `${field} of group ${group}`
}

const repeated = (names: readonly string[]): string[] => [...new Set(names.filter((name, at) => names.indexOf(name) !== at))]

/** What contradicts itself, in words; nothing where at each place there is one rule at most. */
export const tableFlaws = ({ groups, rules }: RuleTable, stores: ReadonlySet<string>): string[] => {
  const known = new Set(groups.map(({ group }) => group))
  const named = [...groups.flatMap(({ storeIds }) => storeIds), ...rules.flatMap(({ storeId }) => storeId ?? [])]
  return [
    ...repeated(groups.map(({ group }) => group)).map((group) => `The group ${group} is there twice.`),
    ...repeated(rules.map(placeOf)).map((place) => `There are two rules for the ${place}.`),
    ...rules.flatMap(({ group }) => (group !== undefined && !known.has(group) ? [`There is no group ${group}.`] : [])),
    ...[...new Set(named)].filter((storeId) => !stores.has(storeId)).map((storeId) => `There is no store ${storeId}.`),
    ...overrideFields.flatMap((field) => twiceRuled({ groups, rules }, field)),
  ]
}

/** A store in two groups that both have a rule has no rule: which one is meant? */
const twiceRuled = ({ groups, rules }: RuleTable, field: OverrideField): string[] => {
  const ruled = new Set(rules.filter((rule) => rule.field === field).flatMap(({ group }) => group ?? []))
  const stores = groups.filter(({ group }) => ruled.has(group)).flatMap(({ storeIds }) => [...new Set(storeIds)])
  return repeated(stores).map((storeId) => `Store ${storeId} is in two groups that have a rule for ${field}.`)
}
