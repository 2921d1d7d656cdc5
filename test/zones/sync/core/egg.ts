import { chicken } from './chicken.ts' // refused: no-cycle

export const egg = () => chicken
