/** What a hub answers at `/healthz`, and what an agent concludes of whoever answers there. */
import { z } from 'zod'

export const healthSchema = z.object({ status: z.enum(['ok', 'unavailable']), reason: z.string().optional() })

/** hub: it is there · nothing: nobody answers · stranger: a page in the hub's place · proxy: it does not let through */
export const probeAnswers = ['hub', 'nothing', 'stranger', 'proxy'] as const
export type ProbeAnswer = (typeof probeAnswers)[number]
