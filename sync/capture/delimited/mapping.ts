/**
 * A mapping: how one kind of delimited file, or one database query, becomes transactions. A store's IT writes it as a JSON file;
 * docs/mappings.md explains it by an example. Its problems are told by the place in the file, in words.
 */
import { z } from 'zod'
import { tenderKinds, transactionKinds, unitSchema } from '../../contract/transaction.ts'
import { isFormat } from './time-format.ts'

/** A column by its name, or by its place counted from 1. */
export const columnSchema = z.union([z.string().min(1).max(200), z.int().min(1).max(1_000)], 'a column name, or its number counted from 1')
export type ColumnRef = z.infer<typeof columnSchema>

const words = z.record(z.string(), z.string())
const formatSchema = z
  .string()
  .min(1)
  .max(100)
  .refine(isFormat, 'a date or time format that names each part once, like DD.MM.YYYY HH:mm:ss')

const fullValueSchema = z
  .strictObject({
    column: columnSchema.optional(),
    /** Several columns, joined by a space: a date and a time. */
    columns: z.array(columnSchema).min(2).max(10).optional(),
    constant: z.string().max(500).optional(),
    /** The file's words to the contract's. */
    map: words.optional(),
    /** For a word that `map` does not have. */
    otherwise: z.string().optional(),
    /** For an empty cell. */
    default: z.string().optional(),
    /** How a date or time is written: DD.MM.YYYY HH:mm:ss. */
    format: formatSchema.optional(),
    /** The amount is written in minor units: 1250 for 12.50. */
    minor: z.boolean().optional(),
    /** The file writes it with the other sign. */
    negate: z.boolean().optional(),
  })
  .refine((value) => [value.column, value.columns, value.constant].filter((one) => one !== undefined).length === 1, {
    message: 'needs exactly one of column, columns, constant',
  })
export type Value = z.infer<typeof fullValueSchema>

/** A bare name or number is a column. */
const valueSchema = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? { column: value } : value),
  fullValueSchema,
)
const optional = valueSchema.optional()

const conditionSchema = z.strictObject({
  column: columnSchema,
  is: z.array(z.string()).optional(),
  isNot: z.array(z.string()).optional(),
  filled: z.boolean().optional(),
})
export type Condition = z.infer<typeof conditionSchema>

const referenceFields = {
  storeId: optional,
  workstationId: optional,
  businessDay: optional,
  sequenceNumber: optional,
  lineNumber: optional,
  documentId: optional,
}

/** `columns` names the columns of this kind of row alone; `once`: only the first such row of a transaction counts. */
const row = <Kind extends string, Fields extends z.ZodRawShape>(adds: Kind, fields: Fields) =>
  z.strictObject({
    adds: z.literal(adds),
    when: z.preprocess((when) => (when === undefined || Array.isArray(when) ? when : [when]), z.array(conditionSchema).optional()),
    columns: z.array(z.string()).min(1).max(1_000).optional(),
    once: z.boolean().optional(),
    fields: z.strictObject(fields),
  })

const transactionRowSchema = row('transaction', {
  storeId: optional,
  workstationId: valueSchema,
  businessDay: optional,
  sequenceNumber: valueSchema,
  kind: optional,
  endedAt: valueSchema,
  operatorId: optional,
  currency: optional,
  reason: optional,
  net: optional,
  tax: optional,
  grand: optional,
  rounding: optional,
}).extend({
  /** Columns that travel along raw, by the name they shall have. */
  keep: z.record(z.string().min(1).max(200), valueSchema).optional(),
})
const lineRowSchema = row('line', {
  lineNumber: optional,
  kind: optional,
  itemId: optional,
  barcode: optional,
  description: optional,
  quantity: optional,
  unit: optional,
  unitPrice: optional,
  discount: optional,
  amount: optional,
  voided: optional,
}).extend({ original: z.strictObject(referenceFields).optional() })
const tenderRowSchema = row('tender', {
  lineNumber: optional,
  kind: optional,
  amount: valueSchema,
  /** Money given back in the same row. */
  change: optional,
  voided: optional,
  foreignCurrency: optional,
  foreignAmount: optional,
})
const taxRowSchema = row('tax', {
  code: optional,
  rate: optional,
  taxable: optional,
  amount: valueSchema,
  inclusive: optional,
}).extend({
  /** Taxes stand with each line, and are summed by code and rate. */
  sum: z.boolean().optional(),
})
const discountRowSchema = row('discount', { code: optional, description: optional, amount: valueSchema })
const referenceRowSchema = row('reference', { relation: valueSchema, ...referenceFields })
const ignoredRowSchema = row('nothing', {}).partial({ fields: true })

export const rowRuleSchema = z.discriminatedUnion('adds', [
  transactionRowSchema,
  lineRowSchema,
  tenderRowSchema,
  taxRowSchema,
  discountRowSchema,
  referenceRowSchema,
  ignoredRowSchema,
])
export type RowRule = z.infer<typeof rowRuleSchema>
export type RuleOf<Kind extends RowRule['adds']> = Extract<RowRule, { adds: Kind }>

export const mappingSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,50}$/, 'letters, digits, dot, dash or underscore, at most 50'),
  description: z.string().max(2_000).optional(),
  /** Names of the files it is for: `*` stands for any characters, `?` for one. None: it is for a database query. */
  files: z.array(z.string().min(1).max(200)).default([]),
  encoding: z.string().max(40).optional(),
  delimiter: z
    .string()
    .min(1)
    .max(5)
    .refine((text) => !/["\r\n]/.test(text), 'neither a quote nor a line break')
    .default(','),
  /** Empty: nothing is quoted. */
  quote: z.string().max(1).default('"'),
  /** The first line names the columns. Without it, `columns` does, or columns are meant by number. */
  header: z.boolean().default(true),
  columns: z.array(z.string()).min(1).max(1_000).optional(),
  /** Lines above the header or the first row. */
  skipLines: z.int().min(0).max(1_000).default(0),
  /** A row may end before its last columns; those are empty then. */
  shortRows: z.boolean().default(false),
  decimal: z.enum(['.', ',']).default('.'),
  thousands: z.enum(['', '.', ',', ' ', "'"]).default(''),
  /** How dates are written, and moments; else as 2026-01-31 and 2026-01-31 08:15:00. */
  date: formatSchema.optional(),
  dateTime: formatSchema.optional(),
  /** Where no column names the business day: it is the day of `endedAt`, and begins at this hour. */
  businessDayBegins: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time like 04:00')
    .default('00:00'),
  /** A transaction begins with each row that adds one, or whenever these columns change. */
  transactions: z.discriminatedUnion('begin', [
    z.strictObject({ begin: z.literal('with-row') }),
    z.strictObject({ begin: z.literal('when-changes'), columns: z.array(columnSchema).min(1).max(20) }),
  ]),
  signs: z
    .strictObject({
      /** How the file writes returned goods. `negative`: as the contract does. */
      returns: z.enum(['negative', 'positive']).default('negative'),
      /** How it writes money given back. */
      change: z.enum(['negative', 'positive']).default('positive'),
      /** How it writes money paid out or picked up. */
      moneyOut: z.enum(['negative', 'positive']).default('negative'),
    })
    .prefault({}),
  /** Are taxes contained in the amounts of the lines? */
  taxes: z.enum(['inclusive', 'exclusive']).default('inclusive'),
  rows: z.array(rowRuleSchema).min(1).max(50),
})
export type DelimitedMapping = z.infer<typeof mappingSchema>

export type MappingResult = { ok: true; mapping: DelimitedMapping } | { ok: false; problems: string[] }

/** A mapping's file. */
export const readMapping = (text: string): MappingResult => {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const parsed = mappingSchema.safeParse(value)
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map((issue) => problemAt(issue.path, issue.message)) }
  const problems = contradictions(parsed.data)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, mapping: parsed.data }
}

const problemAt = (path: readonly PropertyKey[], message: string): string =>
  path.length === 0
    ? message
    : `${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')}: ${message}`.replace(/^\./, '')

/** What the shape alone does not show. */
const contradictions = (mapping: DelimitedMapping): string[] => {
  const problems: string[] = []
  if (!mapping.rows.some((rule) => rule.adds === 'transaction')) problems.push('rows: one of them must add a "transaction"')
  if (mapping.quote === mapping.delimiter) problems.push('quote: the same as the delimiter')
  if (mapping.decimal === mapping.thousands) problems.push('thousands: the same as the decimal sign')
  for (const [index, rule] of mapping.rows.entries()) {
    const names = namesFor(mapping, rule)
    const known = names && new Set(names)
    const missing = known ? columnsOf(rule).filter((column) => typeof column === 'string' && !known.has(column)) : []
    for (const column of missing) problems.push(`rows[${index}]: there is no column "${column}"`)
    problems.push(...wrongWords(rule).map((problem) => `rows[${index}].fields.${problem}`))
  }
  return problems
}

/** The names of a row's columns as the mapping gives them; undefined where the file's header does, or nobody. */
export const namesFor = (mapping: DelimitedMapping, rule: RowRule): readonly string[] | undefined =>
  rule.columns ?? (mapping.header ? undefined : mapping.columns)

/** Every column that a rule asks for. */
export const columnsOf = (rule: RowRule): ColumnRef[] => {
  const values: (Value | undefined)[] = [
    ...Object.values(rule.fields ?? {}),
    ...('keep' in rule ? Object.values(rule.keep ?? {}) : []),
    ...('original' in rule ? Object.values(rule.original ?? {}) : []),
  ]
  const asked = values.flatMap((value) => (value?.column === undefined ? (value?.columns ?? []) : [value.column]))
  return [...asked, ...(rule.when ?? []).map((condition) => condition.column)]
}

const allowedWords: Partial<Record<RowRule['adds'], Record<string, readonly string[]>>> = {
  transaction: { kind: transactionKinds },
  line: { kind: ['sale', 'return'], unit: unitSchema.options },
  tender: { kind: tenderKinds },
  reference: { relation: ['return-of', 'voids', 'resumes', 'order'] },
}

/** A map's right side must be words of the contract. */
const wrongWords = (rule: RowRule): string[] => {
  const fields: Record<string, Value | undefined> = rule.fields ?? {}
  return Object.entries(allowedWords[rule.adds] ?? {}).flatMap(([field, allowed]) => {
    const value = fields[field]
    const stated = [...Object.values(value?.map ?? {}), value?.otherwise, value?.default, value?.constant]
    return stated
      .filter((word) => word !== undefined && !allowed.includes(word))
      .map((word) => `${field}: "${word}" is none of ${allowed.join(', ')}`)
  })
}
