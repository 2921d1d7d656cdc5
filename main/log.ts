/** The agent's log: JSON lines in `<dataDir>/agent.log`, bounded, and on stderr. */
import { join } from 'node:path'
import { pino } from 'pino'
import type { AgentLog } from './agent-log.ts'
import { openLogFile } from './log-file.ts'

const limits = { maxBytes: 5_000_000, keep: 3 } as const

export const logFileOf = (dataDir: string): string => join(dataDir, 'agent.log')

export const createLog = (dataDir: string): AgentLog => {
  const file = openLogFile(logFileOf(dataDir), limits)
  const write = (line: string): void => {
    file.write(line)
    process.stderr.write(line)
  }
  const options = { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, serializers: { fault: pino.stdSerializers.err } }
  const lines = pino(options, { write })
  return {
    info: (message, fields = {}) => lines.info(fields, message),
    warn: (message, fields = {}) => lines.warn(fields, message),
    error: (message, fields = {}) => lines.error(fields, message),
  }
}
