// A test brings its doubles from anywhere; Electron it may not import.
import { open } from '../store/database.ts'
import { accept } from '#hub/intake/accept.ts'
import { app } from 'electron' // refused: no-restricted-imports

export const doubles = [open, accept, app, Date.now()]
