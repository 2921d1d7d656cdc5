// The engine puts sync together, and nothing beyond it.
import { open } from './store/database.ts'
import { connect } from './link/connection.ts'
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports
import { accept } from '../hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports

export const start = () => [open, connect, journal, accept]
