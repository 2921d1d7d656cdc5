/** What `npm run journal` can be asked. */

export interface Verb {
  usage: string
  /** The exit code: 0 well, 1 something is wrong with the journal, 2 the command was wrong. */
  run(args: readonly string[]): Promise<number>
}

/** Whoever typed the command can put it right. */
export class Complaint extends Error {
  override name = 'Complaint'
}
