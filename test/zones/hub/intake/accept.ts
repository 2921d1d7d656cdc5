// The hub shares the contract with the store, and no part of its machinery.
import { Kysely } from 'kysely'
import { recordShape } from '#sync/contract/record-shape.ts'
import { open } from '#sync/store/database-elsewhere.ts' // refused: no-restricted-imports
import { connect } from '../../sync/link/connection-elsewhere.ts' // refused: no-restricted-imports
import { start } from '#sync/engine-elsewhere.ts' // refused: no-restricted-imports
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports
import { page } from '#renderer/manager/page-elsewhere.ts' // refused: no-restricted-imports
import { app } from 'electron' // refused: no-restricted-imports

export const accept = [Kysely, recordShape, open, connect, start, journal, page, app]
