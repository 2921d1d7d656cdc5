/**
 * Takes an import of prices or assortment entries: each line is judged as if it came alone, behind those before it. One refused line, and
 * nothing takes effect; lines that are held wait for a person, and the others take effect. A dry run does all of it, and takes it back.
 */
import type { Kysely, Transaction } from 'kysely'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { listedStores, noteListing } from './assortments.ts'
import { contradictions, type ImportKind, type ImportLine, type Statements } from './import-lines.ts'
import { relist } from './relist.ts'
import { clockNow, replanPrices } from './replan.ts'
import { lockCatalogue } from './rows.ts'
import { type Authorship, type Caution, notePrice, priceStores } from './state-price.ts'

type Trx = Transaction<Tables>

export interface JudgedLine {
  line: number
  outcome: 'accepted' | 'unchanged' | 'held' | 'refused'
  reason?: string | undefined
}

export interface ImportAnswer {
  outcome: 'checked' | 'refused' | 'taken'
  accepted: number
  unchanged: number
  held: number
  refused: number
  lines: JudgedLine[]
}

export interface CatalogueImport<K extends ImportKind> {
  kind: K
  lines: readonly ImportLine<K>[]
  author: Authorship
  caution: Caution
  isDryRun: boolean
}

/** Takes back what the transaction did. */
class TakenBack extends Error {
  readonly lines: JudgedLine[]
  constructor(lines: JudgedLine[]) {
    super('taken back')
    this.lines = lines
  }
}

export const importCatalogue = async <K extends ImportKind>(db: Kysely<Tables>, asked: CatalogueImport<K>): Promise<ImportAnswer> => {
  const lines = await db
    .transaction()
    .execute(async (trx) => {
      await lockCatalogue(trx)
      const judged = await judgeLines(trx, asked)
      if (asked.isDryRun || judged.some(({ outcome }) => outcome === 'refused')) throw new TakenBack(judged)
      await tellStores(trx, asked, judged)
      return judged
    })
    .catch((error: unknown) => {
      if (error instanceof TakenBack) return error.lines
      throw error
    })
  const count = (which: JudgedLine['outcome']): number => lines.filter(({ outcome }) => outcome === which).length
  const refused = count('refused')
  const outcome = refused > 0 ? 'refused' : asked.isDryRun ? 'checked' : 'taken'
  return { outcome, accepted: count('accepted'), unchanged: count('unchanged'), held: count('held'), refused, lines }
}

const judgeLines = async <K extends ImportKind>(trx: Trx, { lines, author, caution }: CatalogueImport<K>): Promise<JudgedLine[]> => {
  const contradicting = contradictions(lines)
  const judged: JudgedLine[] = []
  for (const each of lines) {
    const reason = 'refused' in each ? each.refused : contradicting.get(each.line)
    if ('refused' in each || reason !== undefined) judged.push({ line: each.line, outcome: 'refused', reason })
    else judged.push({ line: each.line, ...(await judgeStatement(trx, each.statement, author, caution)) })
  }
  return judged
}

const judgeStatement = async (
  trx: Trx,
  statement: Statements[ImportKind],
  author: Authorship,
  caution: Caution,
): Promise<Omit<JudgedLine, 'line'>> => {
  const noted = 'priceId' in statement ? await notePrice(trx, statement, author, caution) : await noteListing(trx, statement, author)
  switch (noted.outcome) {
    case 'created':
      return { outcome: 'accepted' }
    case 'known':
      return { outcome: 'unchanged' }
    case 'held':
      return { outcome: 'held', reason: noted.message }
    case 'conflict':
      return { outcome: 'refused', reason: `“${'priceId' in statement ? statement.priceId : statement.entryId}” is taken by another one.` }
    case 'refused':
      return { outcome: 'refused', reason: noted.message }
  }
}

/** Each place once, whatever the number of its lines. */
const tellStores = async <K extends ImportKind>(
  trx: Trx,
  { kind, lines }: CatalogueImport<K>,
  judged: readonly JudgedLine[],
): Promise<void> => {
  const accepted = new Set(judged.flatMap(({ line, outcome }) => (outcome === 'accepted' ? [line] : [])))
  const statements = lines.flatMap((each) => ('statement' in each && accepted.has(each.line) ? [each.statement] : []))
  const now = await clockNow(trx)
  for (const same of grouped(statements, ({ level, place }) => JSON.stringify([level, place])).values()) {
    const items = [...new Set(same.map(({ itemId }) => itemId as string))]
    const [first] = same
    if (!first) continue
    if (kind === 'prices')
      await replanPrices(trx, items, priceStores({ level: first.level === 'zone' ? 'zone' : 'store', place: first.place }), now)
    else await relist(trx, items, listedStores(first.level, first.place))
  }
}
