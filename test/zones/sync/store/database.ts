// Well behaved: the store is an adapter around core.
import { createRxDatabase } from 'rxdb'
import { decide } from '../core/decision.ts'

export const open = () => [createRxDatabase, decide, Date.now()]
