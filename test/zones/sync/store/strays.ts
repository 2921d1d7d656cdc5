// The store knows no link, no capture, no process.
import { connect } from '../link/connection-elsewhere.ts' // refused: no-restricted-imports
import { readPoslog } from '#sync/capture/poslog-elsewhere.ts' // refused: no-restricted-imports
import { start } from '../engine-elsewhere.ts' // refused: no-restricted-imports
import { ipcRenderer } from 'electron' // refused: no-restricted-imports
import { journal } from '../../main/journal-elsewhere.ts' // refused: no-restricted-imports

export const strays = [connect, readPoslog, start, ipcRenderer, journal]
