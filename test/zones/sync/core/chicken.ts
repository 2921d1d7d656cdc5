// Two files that need each other.
import { egg } from './egg.ts' // refused: no-cycle

export const chicken = () => egg
