// The contract imports zod alone.
import { decide } from '../core/decision-elsewhere.ts' // refused: no-restricted-imports
import { open } from '#sync/store/database-elsewhere.ts' // refused: no-restricted-imports
import { start } from '../engine-elsewhere.ts' // refused: no-restricted-imports
import { readFileSync } from 'node:fs' // refused: no-restricted-imports
import { join } from 'path' // refused: no-restricted-imports
import { SaxesParser } from 'saxes' // refused: no-restricted-imports

export const strays = [decide, open, start, readFileSync, join, SaxesParser]
export const stamp = () => Date.now() // refused: no-restricted-properties
export const made = () => new Date() // refused: no-clock-construction
