// Well behaved: the contract takes zod and its own files.
import * as z from 'zod'
import { other } from './other.ts'

export const recordShape = z.object({ other: z.literal(other) })
