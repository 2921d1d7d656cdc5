/** A file's results in plain words, for whoever opens the reason file beside it. */
import type { FileTally } from './file-tally.ts'

export interface FileReport extends FileTally {
  file: string
  summary: string
}

export const reportOf = (file: string, tally: FileTally): FileReport => {
  const aside = tally.conflicts + tally.quarantined
  const summary = `${tally.captured} captured, ${tally.duplicates} known already, ${aside} set aside for somebody to look at. Nothing is lost: the whole file is kept.`
  return { file, summary, ...tally }
}
