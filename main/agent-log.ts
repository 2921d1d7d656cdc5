/** The log as capture needs it. Messages are whole sentences; fields add detail for machines. */

type Write = (message: string, fields?: Record<string, unknown>) => void

export interface AgentLog {
  info: Write
  warn: Write
  error: Write
}

export const silentLog: AgentLog = { info: () => undefined, warn: () => undefined, error: () => undefined }
