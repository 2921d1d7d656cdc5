import { hash } from 'node:crypto'
import type { Sha256 } from '#sync/contract/vocabulary.ts'

/** In one call: a hash object is a stream of its own, which is more work than hashing a record. */
export const sha256 = (content: string | Uint8Array): Sha256 => hash('sha256', content, 'hex') as Sha256
