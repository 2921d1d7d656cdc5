/** What a full comparison with the ERP found, in words. Pure. */
import type { ChangedItem } from './apply.ts'

export interface ComparisonFinding {
  /** False: there was nothing before to compare with. */
  isFirst: boolean
  looked: number
  missed: readonly ChangedItem[]
  problems: number
}

const shown = 10
const counted = (count: number, one: string): string => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`

export const comparisonWords = ({ isFirst, looked, missed, problems }: ComparisonFinding): string => {
  const held =
    problems === 0 ? '' : ` ${counted(problems, 'item')} cannot be taken as ${problems === 1 ? 'it is' : 'they are'}: see the exceptions.`
  if (isFirst) return `The first comparison with the ERP: ${counted(looked, 'item')} taken over.${held}`
  const all = `${counted(looked, 'item')} of the ERP compared.`
  if (missed.length === 0) return `${all} The increments had missed nothing.${held}`
  const named = missed.slice(0, shown).map(({ itemId, what }) => `${itemId} (${what.join(', ')})`)
  const more = missed.length > shown ? ` and ${counted(missed.length - shown, 'more')}`.replace('mores', 'more') : ''
  return `${all} The increments had missed ${counted(missed.length, 'item')}: ${named.join(', ')}${more}. All of it is put right, and the stores are told.${held}`
}
