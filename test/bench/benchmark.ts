/** A benchmark compares two sides within one run, so that a noisy machine disturbs both alike. */
export interface Benchmark {
  name: string
  /** What is measured against what, in one sentence. */
  compares: string
  run(
    progress: (line: string) => void,
    /** `alsoMissed`: another bound than the ratio's was missed. */
  ): Promise<{ name: string; ratio: number; floor?: number; ceiling?: number; alsoMissed?: boolean } & Record<string, unknown>>
}
