// The manager's app draws what the contract names.
import { createElement } from 'react'
import { recordShape } from '#sync/contract/record-shape.ts'
import { decide } from '#sync/core/decision-elsewhere.ts' // refused: no-restricted-imports
import { open } from '#sync/store/database-elsewhere.ts' // refused: no-restricted-imports
import { start } from '#sync/engine-elsewhere.ts' // refused: no-restricted-imports
import { entry } from '#renderer/engine/entry-elsewhere.ts' // refused: no-restricted-imports
import { contextBridge } from 'electron' // refused: no-restricted-imports

export const page = [createElement, recordShape, decide, open, start, entry, contextBridge]
