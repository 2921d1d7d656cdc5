/** A file's results in plain words, for whoever opens the reason file beside it. */
import type { FileTally } from './file-tally.ts'

export interface FileReport extends FileTally {
  file: string
  summary: string
}

export const reportOf = (file: string, tally: FileTally): FileReport => {
  const aside = tally.conflicts + tally.quarantined
  const warnings = tally.warnings.length + tally.furtherWarnings
  const warned = warnings > 0 ? ` with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''
  const summary = `${tally.captured} captured${warned}, ${tally.duplicates} known already, ${aside} set aside for somebody to look at. Nothing is lost: the whole file is kept.`
  return { file, summary, ...tally }
}
