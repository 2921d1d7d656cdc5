/**
 * A token for each till, one file each in `till-tokens/` of the data folder. A missing one is made at start. Deleting a file revokes the
 * token with the next request; writing another text into it changes the token.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkstationId } from '#sync/contract/vocabulary.ts'
import { writeFileAtomically } from '../atomic-file.ts'
import { givenToken, tokenDigest } from './request-guard.ts'

export interface TillTokens {
  /** Whose token the request bears; null when it is nobody's, or not any more. */
  whose(request: IncomingMessage): WorkstationId | null
}

export const tillTokensDir = (dataDir: string): string => join(dataDir, 'till-tokens')

/** A workstation's name may hold what a file's may not. */
const fileNameOf = (id: WorkstationId): string => id.replace(/[^\w-]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`)

const minTokenLength = 16
/** An unknown token may be one that was changed just now; whoever guesses must not make us read files all day. */
const rereadMs = 1_000

export const openTillTokens = (
  dir: string,
  workstations: readonly WorkstationId[],
  nowMs: () => number = () => performance.now(),
): TillTokens => {
  const fileOf = (id: WorkstationId): string => join(dir, fileNameOf(id))
  const digests = new Map<WorkstationId, Buffer>()
  let rereadAtMs = nowMs()

  const read = (id: WorkstationId): void => {
    digests.delete(id)
    const token = readIfThere(fileOf(id))?.trim() ?? ''
    if (token.length >= minTokenLength) digests.set(id, tokenDigest(token))
  }
  /** Compares with all of them, whichever it is. */
  const find = (given: Buffer): WorkstationId | null => {
    let found: WorkstationId | null = null
    for (const [id, digest] of digests) if (timingSafeEqual(digest, given)) found = id
    return found
  }

  const reread = (): void => {
    if (nowMs() - rereadAtMs < rereadMs) return
    rereadAtMs = nowMs()
    for (const id of workstations) read(id)
  }

  for (const id of workstations) {
    if (!existsSync(fileOf(id))) writeFileAtomically(fileOf(id), `${randomBytes(32).toString('base64url')}\n`, 0o600)
    read(id)
  }
  return {
    whose: (request) => {
      const token = givenToken(request)
      if (token === undefined) return null
      const given = tokenDigest(token)
      const known = find(given)
      if (known === null) reread()
      else read(known)
      return find(given)
    },
  }
}

const readIfThere = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
