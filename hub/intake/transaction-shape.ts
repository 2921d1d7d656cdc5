/**
 * Says quickly that a payload is a canonical transaction. The check is compiled from the contract's own zod schema, so the two
 * cannot drift; it takes a ninth of zod's time, which was the largest part of a batch. What it does not pass, zod judges.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'

// Formats travel as patterns in the schema; lengths count UTF-16 units, as zod does.
const compiler = new Ajv2020({ strict: false, validateFormats: false, unicodeRegExp: false, unicode: false, logger: false } as ConstructorParameters<typeof Ajv2020>[0])

export const isTransaction = compiler.compile(z.toJSONSchema(transactionSchema)) as unknown as (json: unknown) => json is Transaction
