// Capture knows the contract and core's decisions, and nothing that keeps or sends.
import { decide } from '../store/decision-elsewhere.ts' // refused: no-restricted-imports
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports
import { createHash } from 'node:crypto' // refused: no-restricted-imports

export const strays = [decide, journal, createHash]
export const today = () => new Date() // refused: no-clock-construction
export const nowMs = () => performance.now() // refused: no-restricted-properties
