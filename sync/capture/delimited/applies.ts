/** Which mapping a document is for: the first with a pattern that its file name fits, whatever the case of its letters. */
import type { CaptureHints } from '../captured-item.ts'
import type { DelimitedMapping } from './mapping.ts'

export const mappingFor = ({ mappings, fileName }: Pick<CaptureHints, 'mappings' | 'fileName'>): DelimitedMapping | undefined =>
  fileName === undefined ? undefined : mappings?.find((mapping) => mapping.files.some((pattern) => fitsPattern(fileName, pattern)))

const fitsPattern = (fileName: string, pattern: string): boolean => {
  const name = fileName.replace(/^.*[\\/]/, '')
  const source = pattern
    .replace(/[^*?]/g, (c) => c.replace(/[\\^$.|+()[\]{}]/, '\\$&'))
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'isu').test(name)
}
