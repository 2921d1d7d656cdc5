/** Where the engine's own words go. */
export type EngineLog = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
