/** How far a rebuild is, and when it will be through at the speed it had so far. Pure. */

export interface Progress {
  read: number
  total: number
  perSecond: number
  /** Null while nothing was read. */
  secondsLeft: number | null
}

export const progressOf = (read: number, total: number, elapsedMs: number): Progress => {
  const perSecond = elapsedMs > 0 ? Math.round((read * 1_000) / elapsedMs) : 0
  const left = Math.max(0, total - read)
  return { read, total, perSecond, secondsLeft: left === 0 ? 0 : perSecond > 0 ? Math.ceil(left / perSecond) : null }
}

const wordSeconds = (seconds: number): string => {
  if (seconds < 90) return `${seconds} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3_600).toFixed(1)} hours`
}

export const wordProgress = ({ read, total, perSecond, secondsLeft }: Progress): string => {
  const count = (value: number): string => value.toLocaleString('en-GB')
  const rest = secondsLeft === null ? '' : secondsLeft === 0 ? ', all read' : `, about ${wordSeconds(secondsLeft)} left`
  return `${count(read)} of ${count(total)} records, ${count(perSecond)} a second${rest}`
}
