/** All that the log is read for. Whoever merges, rebuilds, compares or measures takes the list from here: none is forgotten. */
import { dayCloseProjection } from './close/day-close-projection.ts'
import { exceptionProjection } from './exception/exception-projection.ts'
import { policyProjection } from './merge/policy-projection.ts'
import { createPostingsProjection } from './merge/postings.ts'
import type { Projection } from './merge/projection.ts'
import { salesProjection } from './merge/sales.ts'
import { overrideProjection } from './overrides/override-projection.ts'
import { stockProjection } from './stock/stock-projection.ts'

/** Without an ERP the log is not read for postings: the day one is configured, it gets them all. */
export const projectionsOf = (connector: string | undefined): readonly Projection[] => [
  ...[salesProjection, stockProjection, overrideProjection, exceptionProjection, dayCloseProjection, policyProjection],
  ...(connector === undefined ? [] : [createPostingsProjection(connector)]),
]
