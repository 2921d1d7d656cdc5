/** Messages from hub to store: pushed, unacknowledged; losing one costs only time. */
import { z } from 'zod'
import { errorCodeNames } from './error-codes.ts'
import { feedNameSchema } from './feed.ts'

/** First after connecting: sign this nonce in `hello`. */
export const challengeSchema = z.strictObject({ nonce: z.string().min(16).max(128) })

/** "This feed has something new": the store pulls when it is ready. */
export const pokeSchema = z.strictObject({ feed: feedNameSchema })

/** The hub ends the session and says why; the agent shows it. */
export const dismissSchema = z.strictObject({ code: z.enum(errorCodeNames), message: z.string() })

export const downMessages = { challenge: challengeSchema, poke: pokeSchema, dismiss: dismissSchema } as const
export type DownEvent = keyof typeof downMessages
export type DownMessage<E extends DownEvent> = z.infer<(typeof downMessages)[E]>
