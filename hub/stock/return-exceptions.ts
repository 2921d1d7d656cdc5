/** One exception for each sale that more was returned of than it sold, or that the hub does not have [MRG4]. Both end with their cause. */
import { exceptionId, type HubException } from '../exception/exception.ts'
import type { Original } from '../merge/policies/return-claims.ts'
import { type JudgedReturn, openMilli, type OriginalItem, type ReturnedLine } from '../merge/policies/returns.ts'
import { unitsText } from './movement-words.ts'

export interface ClaimLine extends ReturnedLine {
  itemId: string
  relation: 'return-of' | 'voids'
  amountMinor: number
  currency: string
  /** Before anything was cancelled of it. */
  statedMilli: number
}

export interface JudgedItem {
  itemId: string
  original: OriginalItem
  judged: JudgedReturn<ClaimLine>[]
}

const aboutOf = ({ storeId, naturalKey }: Original): string => `${encodeURIComponent(storeId)}:${naturalKey}`

/** The part of the line's money that its held goods are. */
const atStake = ({ line, heldMilli }: JudgedReturn<ClaimLine>): number =>
  line.statedMilli === 0 ? 0 : Number((BigInt(Math.abs(line.amountMinor)) * BigInt(heldMilli)) / BigInt(line.statedMilli))

const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0)

const wordItem = ({ itemId, original, judged }: JudgedItem): string =>
  `${unitsText(sum(judged, ({ line }) => line.returnedMilli))} of ${itemId} came back and ${unitsText(original.soldMilli)} had been sold`

const receiptsOf = (judged: readonly JudgedReturn<ClaimLine>[]): string => {
  const keys = [...new Set(judged.map(({ line }) => line.naturalKey))]
  return `${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ` and ${keys.length - 5} more` : ''}`
}

const exceeds = (original: Original, items: readonly JudgedItem[]): HubException[] => {
  const open = items.filter((item) => openMilli(item.original, item.judged) > 0)
  const held = open.flatMap(({ judged }) => judged.filter(({ heldMilli }) => heldMilli > 0))
  const [first] = held
  if (!first) return []
  const everything = open.flatMap(({ judged }) => judged)
  return [
    {
      exceptionId: exceptionId('RETURN_EXCEEDS_SALE', aboutOf(original)),
      kind: 'RETURN_EXCEEDS_SALE',
      storeId: first.line.storeId,
      naturalKey: original.naturalKey,
      itemId: open.length === 1 ? open[0]?.itemId : undefined,
      message: `Of the sale ${original.naturalKey} ${open.map(wordItem).join('; ')}: returned by ${receiptsOf(everything)}. The money counts as the tills gave it back, ${unitsText(sum(held, ({ heldMilli }) => heldMilli))} are held out of the stock.`,
      amountMinor: sum(held, atStake),
      currency: first.line.currency,
    },
  ]
}

const withoutSale = (original: Original, items: readonly JudgedItem[]): HubException[] => {
  const returned = items
    .filter((item) => item.original.sale === 'missing')
    .flatMap(({ judged }) => judged)
    .filter(({ line }) => line.relation === 'return-of' && line.returnedMilli > 0)
    .toSorted((a, b) => (a.line.naturalKey < b.line.naturalKey ? -1 : 1))
  const [first] = returned
  if (!first) return []
  return [
    {
      exceptionId: exceptionId('RETURN_WITHOUT_SALE', aboutOf(original)),
      kind: 'RETURN_WITHOUT_SALE',
      storeId: first.line.storeId,
      naturalKey: first.line.naturalKey,
      message: `Goods came back from the sale ${original.naturalKey}, which the hub does not have (returned by ${receiptsOf(returned)}). Money and stock count.`,
      amountMinor: sum(returned, ({ line }) => Math.abs(line.amountMinor)),
      currency: first.line.currency,
    },
  ]
}

/** What is open of the sale now, and the ids of what is over. */
export const returnExceptions = (original: Original, items: readonly JudgedItem[]): { open: HubException[]; over: string[] } => {
  const open = [...exceeds(original, items), ...withoutSale(original, items)]
  const told = new Set(open.map(({ kind }) => kind))
  const over = (['RETURN_EXCEEDS_SALE', 'RETURN_WITHOUT_SALE'] as const).filter((kind) => !told.has(kind))
  return { open, over: over.map((kind) => exceptionId(kind, aboutOf(original))) }
}
