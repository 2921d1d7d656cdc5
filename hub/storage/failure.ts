/** Sorts PostgreSQL's errors by what the caller can do about them. */

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** away: no answer, ask again later · contention: run the same transaction again · data: these very rows are refused · fault: ours */
export type DatabaseFailure = 'away' | 'contention' | 'data' | 'fault'

const contentionCodes = new Set(['40001', '40P01', '55P03'])
const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT', 'EAI_AGAIN'])
const lostConnection =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|driver has already been destroyed/i

export const databaseFailure = (error: unknown): DatabaseFailure => {
  const code = codeOf(error)
  if (code !== undefined) {
    if (contentionCodes.has(code)) return 'contention'
    if (networkCodes.has(code)) return 'away'
    // 08 connection, 53 resources, 57P shutdown and start-up, 58 system
    if (/^(08|53|57P|58)/.test(code)) return 'away'
    if (/^(22|23)/.test(code)) return 'data'
    return 'fault'
  }
  return error instanceof Error && lostConnection.test(error.message) ? 'away' : 'fault'
}

/** Somebody else's row has the key already. */
export const isTakenKey = (error: unknown): boolean => codeOf(error) === '23505'

/** Runs a transaction again when it lost a deadlock or a serialization race; all else is thrown on. */
export const retryContention = async <T>(run: () => Promise<T>, attempts = 5): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= attempts || databaseFailure(error) !== 'contention') throw error
    }
  }
}
