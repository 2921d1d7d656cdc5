// What both pages share: the contract, and nothing of either page.
import { recordShape } from '#sync/contract/record-shape.ts'
import { page } from './manager/page-elsewhere.ts' // refused: no-restricted-imports
import { start } from '../sync/engine-elsewhere.ts' // refused: no-restricted-imports

export const bridge = [recordShape, page, start]
