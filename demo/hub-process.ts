/** A hub as its own process, and the operator's few calls that the demo makes. */
import { join } from 'node:path'
import { enrolmentCodeResponseSchema } from '#sync/contract/enrolment.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { z } from 'zod'
import { type RunningChild, startChild } from './child-process.ts'
import type { DemoErp } from './erp.ts'

const readySchema = z.object({ url: z.string(), databaseUrl: z.string(), operatorToken: z.string() })
export type HubProcess = RunningChild<z.infer<typeof readySchema>>

export interface HubSetup {
  checkout: string
  dir: string
  erp: DemoErp['access'] | undefined
  /** A port to keep over restarts; 0 for any. */
  port: number
  databaseUrl?: string
}

export const startHubProcess = (setup: HubSetup): Promise<HubProcess> =>
  startChild(
    {
      name: 'the hub',
      command: process.execPath,
      args: [join(setup.checkout, 'hub/server.ts'), '--json-ready'],
      cwd: setup.checkout,
      logFile: join(setup.dir, 'hub.log'),
      env: {
        TIDELINE_HUB_PORT: String(setup.port),
        TIDELINE_HUB_DATA: join(setup.dir, 'hub'),
        DATABASE_URL: setup.databaseUrl,
        TIDELINE_ERP: setup.erp?.kind ?? 'none',
        TIDELINE_ERP_URL: setup.erp?.url,
        TIDELINE_ERP_USER: setup.erp?.user,
        TIDELINE_ERP_PASSWORD: setup.erp?.password,
        TIDELINE_ERP_DATABASE: setup.erp?.database,
        TIDELINE_CATALOGUE_INTERVAL_MS: '2000',
      },
    },
    (line) => readySchema.parse(line),
  )

/** Of a hub that has stopped: its database may lie outside the folder, where PostgreSQL's user can reach it. */
export const removeHubDatabase = async (dir: string): Promise<void> => void (await removeEmbeddedPostgres(join(dir, 'hub', 'database')))

export const callHub = async (hub: HubProcess, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
  const response = await fetch(`${hub.ready.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${hub.ready.operatorToken}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} at the hub: ${response.status} ${text.slice(0, 300)}`)
  return text === '' ? null : JSON.parse(text)
}

export interface DemoStore {
  storeId: string
  name: string
  currency: string
  timeZone: string
}

/** Creates the store and answers a one-time code for its agent. */
export const openStoreAtHub = async (hub: HubProcess, store: DemoStore): Promise<string> => {
  await callHub(hub, 'POST', '/v1/stores', store)
  return enrolmentCodeResponseSchema.parse(await callHub(hub, 'POST', `/v1/stores/${store.storeId}/enrolment-codes`)).code
}
