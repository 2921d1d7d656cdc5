export interface BenchmarkOptions {
  /** A smaller, or a larger, run than the usual one; for the benchmarks that say so. */
  transactions?: number
}

/** A benchmark compares two sides within one run, so that a noisy machine disturbs both alike. */
export interface Benchmark {
  name: string
  /** What is measured against what, in one sentence. */
  compares: string
  run(
    progress: (line: string) => void,
    options: BenchmarkOptions,
    /** `alsoMissed`: another bound than the ratio's was missed. */
  ): Promise<{ name: string; ratio: number; floor?: number; ceiling?: number; alsoMissed?: boolean } & Record<string, unknown>>
}
