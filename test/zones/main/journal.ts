// The journal runs in plain Node.
import { open } from 'node:fs/promises'
import { decide } from '#sync/core/decision.ts'
import { app } from 'electron' // refused: no-restricted-imports
import { accept } from '#hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports
import { connect } from '#sync/link/connection-elsewhere.ts' // refused: no-restricted-imports

export const journal = [open, decide, app, accept, connect]
