/**
 * Whoever remembers how far a source was taken remembers in which life of the journal. A journal that was wiped or damaged since does not
 * hold all of it: then the source is read from its start again, and what is still there is duplicates.
 */
import type { Journal } from './journal.ts'

export type HeldLife = Pick<Journal, 'incarnation' | 'holdsAllOf'>
