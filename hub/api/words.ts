/** What tills and channels say in their own words, in ours [IDN16]. */
import { z } from 'zod'
import { businessDaySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { channelSchema } from '../availability/rules/rule.ts'
import { normalWord, spokenLists } from '../identity/canonical-words.ts'
import { hearChannel } from '../identity/unknown-words.ts'
import { readWordReport } from '../identity/word-totals.ts'
import type { Database } from '../storage/database.ts'
import type { HubApp } from './app.ts'

const reportSchema = z.object({
  canonical: z.string().nullable(),
  currency: z.string(),
  times: z.int(),
  amountMinor: z.int(),
  said: z.array(z.string()),
})

export const registerWordRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/words',
    {
      schema: {
        summary: 'What stores’ tills said between two business days, summed by canonical word; null is what nobody has mapped yet',
        tags: ['mappings'],
        querystring: z.strictObject({
          list: z.enum(spokenLists),
          storeId: storeIdSchema.optional(),
          from: businessDaySchema,
          to: businessDaySchema,
        }),
        response: { 200: z.object({ words: z.array(reportSchema) }) },
      },
    },
    async ({ query }) => ({ words: await readWordReport(db, query) }),
  )

  app.post(
    '/v1/words',
    {
      schema: {
        summary: 'A channel’s word: what it is here; null when nobody has mapped it yet, and an exception says so until somebody does',
        tags: ['mappings'],
        body: z.strictObject({
          channel: channelSchema,
          list: z.enum(spokenLists),
          word: z
            .string()
            .max(100)
            .regex(/^\P{Cc}+$/u, 'no control characters')
            .transform(normalWord)
            .pipe(z.string().min(1)),
        }),
        response: { 200: z.object({ canonical: z.string().nullable() }) },
      },
    },
    async ({ body: { channel, list, word } }) => ({ canonical: await hearChannel(db, channel, list, word) }),
  )
}
