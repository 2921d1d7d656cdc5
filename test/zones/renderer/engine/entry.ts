// The hidden window starts the engine.
import { start } from '#sync/engine.ts'
import { open } from '#sync/store/database.ts'
import { shape } from '../window-shape.ts'
import { page } from '../manager/page-elsewhere.ts' // refused: no-restricted-imports
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports

export const entry = [start, open, shape, page, journal]
