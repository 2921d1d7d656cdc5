// Core knows the contract only, and no clock, randomness, disk or network.
import { open } from '../store/database-elsewhere.ts' // refused: no-restricted-imports
import { connect } from '#sync/link/connection-elsewhere.ts' // refused: no-restricted-imports
import { readPoslog } from '../capture/poslog-elsewhere.ts' // refused: no-restricted-imports
import { start } from '../engine-elsewhere.ts' // refused: no-restricted-imports
import { accept } from '../../hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports
import { journal } from '#main/journal-elsewhere.ts' // refused: no-restricted-imports
import { createRxDatabase } from 'rxdb' // refused: no-restricted-imports
import { app } from 'electron' // refused: no-restricted-imports
import { randomUUID } from 'node:crypto' // refused: no-restricted-imports

export const strays = [open, connect, readPoslog, start, accept, journal, createRxDatabase, app, randomUUID]
export const nowMs = () => Date.now() // refused: no-restricted-properties
export const today = () => new Date() // refused: no-clock-construction
export const dice = () => Math.random() // refused: no-restricted-properties
export const wait = () => setTimeout(() => {}, 1) // refused: no-restricted-globals
export const home = () => process.cwd() // refused: no-restricted-globals
