/**
 * Says quickly that a batch, or a payload, is what the contract says. The checks are compiled from the contract's own zod schemas,
 * so the two cannot drift; they take a ninth of zod's time, which was the largest part of a batch. What they do not pass, zod judges.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { terseHeadsSchema } from '#sync/contract/terse-batch.ts'
import { batchSchema, type UpRequest } from '#sync/contract/up.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'

// Formats travel as patterns in the schema; lengths count UTF-16 units, as zod does.
const options = { strict: false, validateFormats: false, unicodeRegExp: false, unicode: false, logger: false } as const
const compiler = new Ajv2020(options as ConstructorParameters<typeof Ajv2020>[0])

export const isTransaction = compiler.compile(z.toJSONSchema(transactionSchema)) as unknown as (json: unknown) => json is Transaction

export const isBatch = compiler.compile(z.toJSONSchema(batchSchema)) as unknown as (message: unknown) => message is UpRequest<'batch'>

export const isTerseHeads = compiler.compile(z.toJSONSchema(terseHeadsSchema)) as unknown as (
  json: unknown,
) => json is z.infer<typeof terseHeadsSchema>
