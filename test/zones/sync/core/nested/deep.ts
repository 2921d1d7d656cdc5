// The rule counts the steps: this deep, one more step up stays inside core.
import { decide } from '../decision.ts'
import { other } from '../../contract/other.ts'
import { open } from '../../store/database-elsewhere.ts' // refused: no-restricted-imports
import { accept } from '../../../hub/intake/accept-elsewhere.ts' // refused: no-restricted-imports

export const deep = [decide, other, open, accept]
