/** One store's price, as it was always set: `state-price.ts` for the level of a store. */
import type { Kysely } from 'kysely'
import type { Price } from '#sync/contract/catalogue.ts'
import type { Tables } from '../storage/tables.ts'
import { type Authorship, type Caution, type StateOutcome, statePrice } from './state-price.ts'

const author: Authorship = { by: 'operator', why: 'set by the API' }

export const setPrice = (db: Kysely<Tables>, { storeId, ...price }: Price, caution: Caution = {}): Promise<StateOutcome> =>
  statePrice(db, { ...price, level: 'store', place: storeId }, author, caution)
