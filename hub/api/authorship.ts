/** Who says so, and why: asked wherever somebody changes what the stores sell by. And how a refusal of the catalogue is answered. */
import { z } from 'zod'
import type { PriceRefusal } from '../catalogue/state-price.ts'

export const by = z.string().trim().min(1).max(100)
export const why = z.string().trim().min(1).max(500)
export const authorshipSchema = z.strictObject({ by, why })

export const refusalStatus = ({ code }: PriceRefusal): 404 | 422 => (code === 'NOT_FOUND' ? 404 : 422)

/** It waits for a person: `/v1/catalogue/held`. */
export const heldSchema = z.object({ heldId: z.int(), message: z.string() })
