/** What is said of many measurements. */

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
export const median = (values: readonly number[]): number => percentile(values, 0.5)
/** To a thousandth. */
export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
