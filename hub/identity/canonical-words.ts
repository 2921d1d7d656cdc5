/**
 * The hub's own words where tills and channels each have theirs [IDN16]. The mapping in force brings a word to one of these: the scope's own
 * line before everybody's, and a word that is one of these already is itself. What is none of that waits for a person. Pure.
 */
import { tenderKinds } from '#sync/contract/transaction.ts'

export const returnReasons = [
  'damaged',
  'defective',
  'wrong-item',
  'not-as-described',
  'no-longer-wanted',
  'price-error',
  'expired',
  'recall',
  'other',
] as const

export const orderStates = ['allocated', 'released', 'shipped', 'collected', 'returned', 'refunded'] as const

export const canonicalWords = { tender: tenderKinds, 'return-reason': returnReasons, 'order-state': orderStates } as const

export type WordList = keyof typeof canonicalWords
export const isWordList = (list: string): list is WordList => Object.hasOwn(canonicalWords, list)

/** Tax categories are words as well; which there are is data: the tax master's. */
export const spokenLists = ['tender', 'return-reason', 'order-state', 'tax'] as const
export type SpokenList = (typeof spokenLists)[number]

/** How often it is written, and how, makes no other word of it. */
export const normalWord = (text: string): string => text.trim().toLowerCase()

export interface Speaker {
  /** all: the ERP, whose words are everybody's. */
  scope: 'all' | 'store' | 'channel'
  scopeId: string
}

/** The words of the mapping in force, and the tax master's categories by store; everybody's under ''. */
export interface WordMaster {
  /** By wordPlace. */
  mapped: ReadonlyMap<string, string>
  taxCategories: ReadonlyMap<string, ReadonlySet<string>>
}

export const wordPlace = (list: string, { scope, scopeId }: Speaker, word: string): string => JSON.stringify([list, scope, scopeId, word])

export const canonicalWord = (list: SpokenList, speaker: Speaker, said: string, master: WordMaster): string | null => {
  const word = normalWord(said)
  const mapped =
    master.mapped.get(wordPlace(list, speaker, word)) ?? master.mapped.get(wordPlace(list, { scope: 'all', scopeId: '' }, word))
  if (mapped !== undefined) return mapped
  const own: ReadonlySet<string> = list === 'tax' ? categoriesOf(speaker, master) : new Set(canonicalWords[list])
  return own.has(word) ? word : null
}

const categoriesOf = ({ scope, scopeId }: Speaker, { taxCategories }: WordMaster): ReadonlySet<string> =>
  taxCategories.get(scope === 'store' ? scopeId : '') ?? new Set()
