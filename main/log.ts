/** The agent's log: JSON lines in `<dataDir>/agent.log`, bounded, and on stderr. */
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import { openLogFile } from './log-file.ts'

export const createLog = (dataDir: string): Logger => {
  const file = openLogFile(join(dataDir, 'agent.log'), { maxBytes: 5_000_000, keep: 3 })
  const write = (line: string): void => {
    file.write(line)
    process.stderr.write(line)
  }
  return pino({ level: process.env['TIDELINE_LOG_LEVEL'] ?? 'info', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, { write })
}
