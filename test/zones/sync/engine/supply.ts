// The engine's parts put sync together, and nothing beyond it.
import { open } from '../store/database.ts'
import { connect } from '#sync/link/connection.ts'
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports
import { accept } from '../../hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports

export const supply = [open, connect, journal, accept]
