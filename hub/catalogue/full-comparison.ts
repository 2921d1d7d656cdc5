/**
 * Compares everything that the ERP has with what the hub has, and puts right what increments missed: first what changed since the last
 * increment is taken, so that what the full pull still finds is what an increment did not bring. Each comparison is kept, in words.
 */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { startWatch, type Watch } from '../watch.ts'
import { comparisonWords, type ComparisonFinding } from './comparison-words.ts'
import { type CataloguePullOptions, type Pulled, pullCatalogue, wasEverPulled } from './pull.ts'

export interface CatalogueComparison {
  comparisonId: number
  askedBy: string
  outcome: 'compared' | 'unavailable' | 'overtaken'
  looked: number
  missed: number
  problems: number
  items: ComparisonFinding['missed']
  words: string
  comparedAt: string
}

const keptItems = 200
/** Another hub's pull may come between: then everything is asked again. */
const tries = 3

const pullTwice = async (options: CataloguePullOptions): Promise<Pulled & { isFirst: boolean }> => {
  for (let attempt = 1; ; attempt++) {
    const isFirst = !(await wasEverPulled(options.db, options.connector.name))
    const increment = isFirst ? null : await pullCatalogue(options, 'changes')
    const pulled = increment && increment.outcome !== 'applied' ? increment : await pullCatalogue(options, 'everything')
    if (pulled.outcome !== 'overtaken' || attempt === tries) return { ...pulled, isFirst }
  }
}

export const compareWithErp = async (options: CataloguePullOptions, askedBy: string): Promise<CatalogueComparison> => {
  const pulled = await pullTwice(options)
  if (pulled.outcome === 'unavailable')
    return note(options, askedBy, 'unavailable', null, `The ERP could not be read, so that nothing was compared: ${pulled.message}`)
  if (pulled.outcome === 'overtaken') return note(options, askedBy, 'overtaken', null, 'Other pulls came between each time: ask again.')
  const { isFirst, looked, changed, applied } = pulled
  const finding = { isFirst, looked, missed: isFirst ? [] : changed, problems: applied.problems }
  return note(options, askedBy, 'compared', finding, comparisonWords(finding))
}

const note = async (
  { db, connector }: CataloguePullOptions,
  askedBy: string,
  outcome: CatalogueComparison['outcome'],
  finding: ComparisonFinding | null,
  words: string,
): Promise<CatalogueComparison> => {
  const { looked = 0, missed = [], problems = 0 } = finding ?? {}
  const items = missed.slice(0, keptItems)
  const row = await db
    .insertInto('catalogue_comparison')
    .values({
      ...{ connector: connector.name, asked_by: askedBy, outcome, looked, missed: missed.length, problems },
      ...{ items: JSON.stringify(items), words },
    })
    .returning(['comparison_id', 'compared_at'])
    .executeTakeFirstOrThrow()
  const told = { askedBy, outcome, looked, missed: missed.length, problems, items, words }
  return { comparisonId: row.comparison_id, ...told, comparedAt: row.compared_at.toISOString() }
}

/** Once a night from three o'clock (UTC) on; a night that ERP or hub slept through is made up for. Null: not due. */
export const compareAtNight = async (options: CataloguePullOptions): Promise<CatalogueComparison | null> => {
  const { rows } = await sql<{ is_due: boolean }>`
    select not exists (select from catalogue_comparison where connector = ${options.connector.name} and outcome = 'compared'
      and compared_at >= date_trunc('day', now() - interval '3 hours') + interval '3 hours') as is_due`.execute(options.db)
  if (rows[0]?.is_due !== true || !(await wasEverPulled(options.db, options.connector.name))) return null
  return compareWithErp(options, 'nightly')
}

export const startNightlyCatalogueComparison = (options: CataloguePullOptions & { log: Logger; everyMs?: number }): Watch =>
  startWatch({
    what: 'the nightly comparison of the catalogue',
    look: async () => {
      const compared = await compareAtNight(options)
      if (compared) options.log.info({ missed: compared.missed, words: compared.words }, 'the catalogue was compared with the ERP')
    },
    ...{ intervalMs: options.everyMs ?? 600_000, log: options.log },
    ...(options.clock ? { clock: options.clock } : {}),
  })
