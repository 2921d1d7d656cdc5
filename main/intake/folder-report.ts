/** A file's results in plain words, for whoever opens the reason file beside it. */
import type { TakeResult } from '../capture.ts'
import type { FileReport } from './folder-files.ts'

export const reportOf = (file: string, results: readonly TakeResult[]): FileReport => {
  const problems = results.flatMap(problemsOf)
  const captured = results.filter((r) => r.outcome === 'captured').length
  const duplicates = results.filter((r) => r.outcome === 'duplicate').length
  const refused = results.length - captured - duplicates
  const summary = `${captured} captured, ${duplicates} known already, ${refused} set aside for somebody to look at. Nothing is lost: the whole file is kept.`
  return { file, summary, captured, duplicates, problems }
}

const problemsOf = (result: TakeResult): FileReport['problems'] => {
  if (result.outcome === 'quarantined') return result.reasons.map((reason) => ({ ...reason, recordId: result.recordId }))
  if (result.outcome !== 'conflict') return []
  const message = `the same store, workstation, day and number came before with other content, as ${result.firstRecordId}; both are kept`
  return [{ code: 'KEY_CONFLICT', message, recordId: result.recordId }]
}
