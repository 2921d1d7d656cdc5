/** Why a record was not taken, in words for whoever stands at the computer. */
import { codeOf } from './disk.ts'

/** CANNOT_WRITE: the disk is full, read-only or failing, or the journal is closed. */
export class CannotWrite extends Error {
  override name = 'CannotWrite'
  /** The operating system's own name of it. */
  readonly code: string | undefined
  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** Too much waits for the disk already; the disk itself is well. */
export class JournalBusy extends CannotWrite {
  override name = 'JournalBusy'
}

const words: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk space granted to this user is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'the agent is not permitted to write to the journal’s folder',
  EPERM: 'the agent is not permitted to write to the journal’s folder',
  EIO: 'the disk reports a fault of its own',
  EMFILE: 'the computer has too many files open',
  ENFILE: 'the computer has too many files open',
  ENOENT: 'the journal’s folder is gone',
  ENODEV: 'the disk is gone',
}

export const explainFault = (fault: unknown): string => {
  const known = words[codeOf(fault) ?? '']
  return known ?? (fault instanceof Error ? fault.message : String(fault))
}

export const cannotWrite = (fault: unknown): CannotWrite => {
  if (fault instanceof CannotWrite) return fault
  const code = codeOf(fault)
  return new CannotWrite(code === undefined ? explainFault(fault) : `${explainFault(fault)} (${code})`, code)
}

/** A fault that is not the disk's is left as it is. */
export const cannotOpen = (fault: unknown): unknown => {
  const code = codeOf(fault)
  if (code === undefined) return fault
  return new CannotWrite(`the journal cannot be opened: ${explainFault(fault)} (${code}). Until it can, the tills keep their sales`, code)
}

export const isNoRoom = (code: string | undefined): boolean => code === 'ENOSPC' || code === 'EDQUOT'
