// The link knows no store and no hub.
import { open } from '../store/database-elsewhere.ts' // refused: no-restricted-imports
import { accept } from '#hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports

export const strays = [open, accept]
