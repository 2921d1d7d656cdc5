/**
 * Each connection is an open file at the hub and at its agent. Node raises its own limit to the hard one, and no child can pass that:
 * so it is looked at before, and a person reads what to do.
 */
import { execFileSync } from 'node:child_process'

/** For code, log, database and whatever else a process has open. */
const spare = 200

export const hardFileLimit = (): number => {
  if (process.platform === 'win32') return Infinity
  const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return text === 'unlimited' ? Infinity : Number(text)
}

/** Null when so many connections fit one process. */
export const fileLimitObjection = (connections: number, limit = hardFileLimit()): string | null =>
  limit >= connections + spare
    ? null
    : `A process may have ${limit} files open here, and the hub needs ${connections + spare} for ${connections} stores. ` +
      `Raise it in the shell that starts this (as root: ulimit -n ${connections + spare}), or take fewer stores.`
