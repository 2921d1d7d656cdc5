/** Free space for reading, rounded down: nobody should count on more than there is. */
import { messages } from './messages.ts'

const mega = 1_000_000
const giga = 1_000 * mega

/** Of what is sent: rounded up. */
export const formatSize = (bytes: number): string =>
  bytes < mega ? messages.sizes.kilobytes(Math.ceil(bytes / 1_000)) : messages.sizes.megabytes(Math.ceil(bytes / (mega / 10)) / 10)

export const formatBytes = (bytes: number): string => {
  if (bytes < mega) return messages.sizes.lessThanMegabyte
  if (bytes < giga) return messages.sizes.megabytes(Math.floor(bytes / mega))
  return messages.sizes.gigabytes(Math.floor(bytes / (giga / 10)) / 10)
}
