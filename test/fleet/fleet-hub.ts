/** The hub of a fleet: one whole hub process on a PostgreSQL beside it, which lives on when the hub is killed. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { freePort } from '#demo/free-port.ts'
import { type HubProcess, startHubProcess } from '#demo/hub-process.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { checkoutRoot } from '#scripts/root.ts'

export interface FleetHub {
  url: string
  databaseUrl: string
  /** `kill -9`, and a new process at the same address. Resolves when that one is ready. */
  restart(): Promise<void>
  /** Resident memory of the hub's process; null where the system does not say it this way. */
  residentBytes(): Promise<number | null>
  /** Processor seconds since the hub's process began; null likewise. */
  processorSeconds(): Promise<number | null>
  stop(): Promise<void>
}

const ticksPerSecond = 100

const readProcess = (pid: number, file: 'status' | 'stat'): Promise<string | null> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => null)

const residentOf = async (pid: number): Promise<number | null> => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec((await readProcess(pid, 'status')) ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024
}

/** User and system time are the 14th and 15th field; the second one may hold blanks, in brackets. */
const processorOf = async (pid: number): Promise<number | null> => {
  const fields = (await readProcess(pid, 'stat'))?.split(') ').at(-1)?.split(' ')
  return fields ? (Number(fields[11]) + Number(fields[12])) / ticksPerSecond : null
}

export const startFleetHub = async (): Promise<FleetHub> => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-fleet-'))
  const dataDir = join(dir, 'database')
  const removeAll = async (): Promise<void> => {
    await removeEmbeddedPostgres(dataDir)
    await rm(dir, { recursive: true, force: true })
  }
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
  const port = await freePort()
  const start = (): Promise<HubProcess> => startHubProcess({ checkout: checkoutRoot, dir, erp: undefined, port, databaseUrl: postgres.url })
  let hub = await start().catch(async (error: unknown) => {
    await postgres.stop()
    await removeAll()
    throw error
  })
  return {
    ...{ url: hub.ready.url, databaseUrl: postgres.url },
    restart: async () => {
      await hub.kill('only')
      hub = await start()
    },
    residentBytes: () => residentOf(hub.pid),
    processorSeconds: () => processorOf(hub.pid),
    stop: async () => {
      await hub.stop()
      await postgres.stop()
      await removeAll()
    },
  }
}
