/** A benchmark compares two sides within one run, so that a noisy machine disturbs both alike. */
export interface Benchmark {
  name: string
  /** What is measured against what, in one sentence. */
  compares: string
  run(
    progress: (line: string) => void,
  ): Promise<{ name: string; ratio: number; floor?: number; ceiling?: number } & Record<string, unknown>>
}
