import { createHash } from 'node:crypto'
import type { Sha256 } from '#sync/contract/vocabulary.ts'

export const sha256 = (content: string | Uint8Array): Sha256 => createHash('sha256').update(content).digest('hex') as Sha256
