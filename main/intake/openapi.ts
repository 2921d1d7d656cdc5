/** The interface's OpenAPI document for POS vendors, made of the schemas that the agent itself parses with. */
import { z } from 'zod'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { stockDocumentSchema } from '#sync/contract/stock-document.ts'
import * as contract from './http-contract.ts'

type Json = Record<string, unknown>

const schemas = {
  Transaction: transactionSchema,
  Captured: contract.capturedSchema,
  Duplicate: contract.duplicateSchema,
  Conflict: contract.conflictSchema,
  Quarantined: contract.quarantinedSchema,
  Results: contract.multiAnswerSchema,
  Refusal: contract.refusalSchema,
  Item: contract.itemAnswerSchema,
  Health: contract.healthSchema,
  DayCloseRequest: contract.dayCloseRequestSchema,
  DayClose: contract.dayCloseAnswerSchema,
  DayCloseResults: contract.dayCloseResultsSchema,
  StockDocument: stockDocumentSchema,
  PriceOverride: contract.priceOverrideBodySchema,
  PriceOverrideTaken: contract.priceOverrideAnswerSchema,
  Exceptions: contract.exceptionsAnswerSchema,
  Day: contract.dayAnswerSchema,
} satisfies Record<string, z.ZodType>

const ref = (name: keyof typeof schemas): Json => ({ $ref: `#/components/schemas/${name}` })
const answers = (description: string, name: keyof typeof schemas): Json => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
})
const refused = (description: string): Json => answers(description, 'Refusal')
const retryAfter = { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } }

const foreign = { '403': refused('A web page asked, or the Host is not this computer (UNAUTHORIZED)') }
const notItsOwn = {
  '403': refused(
    'A web page asked (UNAUTHORIZED), or a till’s token was used for another workstation: nothing is recorded (WRONG_WORKSTATION)',
  ),
}
const guarded = { '401': refused('The token is missing or wrong (UNAUTHORIZED)'), ...foreign }

const postTransactions: Json = {
  operationId: 'postTransactions',
  summary: 'Hand over one or more transactions',
  description:
    'Answered once the records are on the disk. Sending the same transaction again is safe: it is a duplicate. ' +
    'On 200, 201 and 409 the sale is with the agent; on 422 the whole body is kept in quarantine and somebody looks at it; on 503 and 5xx the till keeps the sale and tries again. ' +
    'A body with several transactions (a JSON array, `{"transactions": []}`, or a POSLog with several) is answered 207 with one result for each.',
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: {
          oneOf: [
            ref('Transaction'),
            { type: 'array', items: ref('Transaction') },
            { type: 'object', properties: { transactions: { type: 'array', items: ref('Transaction') } } },
          ],
        },
      },
      'application/xml': { schema: { type: 'string', description: 'POSLog, any version; elements are read by local name' } },
    },
  },
  responses: {
    '200': answers('The same transaction came before', 'Duplicate'),
    '201': answers('Captured: its record is durable', 'Captured'),
    '207': answers('A body with several transactions', 'Results'),
    '400': refused('The body broke off (MALFORMED)'),
    '409': answers('The same store, workstation, day and number came before with other content; both are kept', 'Conflict'),
    '413': refused('The body is over the limit (TOO_LARGE)'),
    '415': refused('The body is compressed (UNKNOWN_DIALECT)'),
    '422': answers('Not understood; the body is kept in quarantine', 'Quarantined'),
    '503': { ...refused('The journal cannot be written, or too much at once (CANNOT_WRITE)'), headers: retryAfter },
    ...guarded,
    ...notItsOwn,
  },
}

const getItem: Json = {
  operationId: 'getItem',
  summary: 'Name and price of an item, from local data',
  parameters: [{ name: 'barcode', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    '200': answers('The item with its price in force now', 'Item'),
    '404': refused('No such item (NOT_FOUND)'),
    '503': { ...refused('The local database is starting (NOT_READY)'), headers: retryAfter },
    ...guarded,
  },
}

const postDayCloses: Json = {
  operationId: 'postDayCloses',
  summary: 'Hand over the till’s own totals of a business day (its Z report)',
  description:
    'Answered once the close is on the disk. The till’s totals are compared with the transactions that the agent has; a difference becomes an exception. ' +
    'A till whose Z report travels as a transaction (settlement or day-close with `tillTotals`) needs no call of its own.',
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: { oneOf: [ref('DayCloseRequest'), { type: 'array', items: ref('DayCloseRequest'), maxItems: 200 }] } },
    },
  },
  responses: {
    '200': answers('The agent has the same totals already', 'DayClose'),
    '201': answers('Closed: the record is durable', 'DayClose'),
    '207': answers('A list: one result for each', 'DayCloseResults'),
    '400': refused('The body is not JSON, or broke off (MALFORMED)'),
    '413': refused('The body is over the limit (TOO_LARGE)'),
    '422': refused('A field is missing or wrong, the store is another one, or the day is no longer held whole (INVALID, WRONG_STORE)'),
    '503': { ...refused('The journal cannot be written (CANNOT_WRITE)'), headers: retryAfter },
    ...guarded,
  },
}

const postStockDocument: Json = {
  operationId: 'postStockDocument',
  summary: 'Hand over a count, an adjustment, a receipt of goods, or a transfer that left or arrived',
  description:
    'Answered once the record is on the disk. A count counts as of its place in the store’s sequence: what was handed over before it is contained in it, ' +
    'what comes after it is not. The same documentId with the same content is a duplicate. For programs on the store computer.',
  requestBody: { required: true, content: { 'application/json': { schema: ref('StockDocument') } } },
  responses: {
    '200': answers('The same document came before', 'Duplicate'),
    '201': answers('Captured: its record is durable', 'Captured'),
    '400': refused('The body broke off (MALFORMED)'),
    '409': answers('The same documentId came before with other content; both are kept, the first counts', 'Conflict'),
    '413': refused('The body is over the limit (TOO_LARGE)'),
    '415': refused('The body is compressed (UNKNOWN_DIALECT)'),
    '422': answers('Not understood; the body is kept in quarantine', 'Quarantined'),
    '503': { ...refused('The journal cannot be written, or too much at once (CANNOT_WRITE)'), headers: retryAfter },
    ...guarded,
  },
}

const postPriceOverride: Json = {
  operationId: 'postPriceOverride',
  summary: 'Set a price of the store’s own',
  description:
    'Answered once the record is on the disk; tills have the price right afterwards, also without a line to head office. Where head office changed the price ' +
    'meanwhile, its rules, or a person there, decide which one stands; until then the store’s does. The same overrideId with the same content is a duplicate. ' +
    'For programs on the store computer.',
  requestBody: { required: true, content: { 'application/json': { schema: ref('PriceOverride') } } },
  responses: {
    '200': answers('The same one came before', 'PriceOverrideTaken'),
    '201': answers('Captured: its record is durable', 'PriceOverrideTaken'),
    '400': refused('The body is not JSON, or broke off (MALFORMED)'),
    '404': refused('The store does not sell this item (NOT_FOUND)'),
    '409': answers('The same overrideId came before with other content; both are kept, the first counts', 'Conflict'),
    '413': refused('The body is over the limit (TOO_LARGE)'),
    '415': refused('The body is compressed (UNKNOWN_DIALECT)'),
    '422': refused(
      'A field is wrong, a hundred times the price in force, another store or currency (INVALID, WRONG_STORE, WRONG_CURRENCY)',
    ),
    '503': {
      ...refused('The local database is starting, or the journal cannot be written (NOT_READY, CANNOT_WRITE)'),
      headers: retryAfter,
    },
    ...guarded,
  },
}

const getExceptions: Json = {
  operationId: 'getExceptions',
  summary: 'What a person must look at',
  responses: { '200': answers('Open exceptions', 'Exceptions'), ...guarded },
}

const getDay: Json = {
  operationId: 'getDay',
  summary: 'How complete a business day is, till by till',
  parameters: [{ name: 'businessDay', in: 'path', required: true, schema: { type: 'string', format: 'date' } }],
  responses: {
    '200': answers('Numbers, totals and close of each till', 'Day'),
    '404': refused('The journal holds no whole day of this date (NOT_FOUND)'),
    ...guarded,
  },
}

const getHealth: Json = {
  operationId: 'getHealth',
  summary: 'State of the agent; needs no token',
  security: [],
  responses: { '200': answers('The agent runs', 'Health'), ...foreign },
}

export const agentOpenApi = (): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Tideline store agent',
    version: '1',
    description: 'For tills, on the store computer itself; and on the store’s network over TLS, where the agent is set up for it.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: 'http://127.0.0.1:7310' }],
  security: [{ token: [] }],
  paths: {
    '/v1/transactions': { post: postTransactions },
    '/v1/items/{barcode}': { get: getItem },
    '/v1/day-closes': { post: postDayCloses },
    '/v1/stock-documents': { post: postStockDocument },
    '/v1/price-overrides': { post: postPriceOverride },
    '/v1/exceptions': { get: getExceptions },
    '/v1/days/{businessDay}': { get: getDay },
    '/v1/health': { get: getHealth },
  },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas: jsonSchemas() },
})

/** Zod writes a draft marker into each schema; OpenAPI 3.1 states the dialect once. */
const jsonSchemas = (): Json =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
      return [name, json]
    }),
  )
