// The shell may import Electron, but not the engine: that runs in the hidden window.
import { app } from 'electron'
import { journal } from './journal.ts'
import { readPoslog } from '#sync/capture/poslog.ts'
import { start } from '#sync/engine-elsewhere.ts' // refused: no-restricted-imports
import { open } from '../sync/store/database-elsewhere.ts' // refused: no-restricted-imports

export const main = [app, journal, readPoslog, start, open]
