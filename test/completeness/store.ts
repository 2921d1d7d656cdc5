/** A real store agent on a real disk in a folder of its own, with the least grace there is, and what a till does with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import type { PriceBasisLookup } from '#sync/core/ports.ts'
import { silentLog } from '#main/agent-log.ts'
import type { DayAnswer, ExceptionsAnswer } from '#main/intake/http-contract.ts'
import { type StoreAgent, startStoreAgent } from '#main/store-agent.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { saleOf } from '#test/fixtures/transactions.ts'

const identity = identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' })

export const businessDay = '2026-01-31'

export const saleAt = (sequenceNumber: number, more: Record<string, unknown> = {}): Transaction => {
  const endedAt = new Date(Date.UTC(2026, 0, 31, 8, sequenceNumber % 600)).toISOString().slice(0, 19)
  return saleOf(sequenceNumber, { endedAt, ...more })
}

export const openStore = async ({ graceMinutes = 0.002, prices }: { graceMinutes?: number; prices?: PriceBasisLookup } = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tideline-books-'))
  const signer = createDeviceKey()
  let agent: StoreAgent
  const start = async (grace = graceMinutes): Promise<void> => {
    const config = agentConfigSchema.parse({ dataDir, hubUrl: 'http://127.0.0.1:1', http: { port: 0 }, missingGraceMinutes: grace })
    agent = await startStoreAgent({
      ...{ config, identity, httpToken: 'token', signer, log: silentLog },
      items: { lookup: async () => null },
      ...(prices ? { prices } : {}),
    })
  }
  await start()
  onTestFinished(async () => {
    await agent.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const call = async (path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`http://127.0.0.1:${agent.httpPort}${path}`, {
      headers: { authorization: 'Bearer token' },
      ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
  const exceptions = async (): Promise<ExceptionsAnswer['exceptions'][number]['exception'][]> =>
    ((await call('/v1/exceptions')).body as ExceptionsAnswer).exceptions.map(({ exception }) => exception)
  return {
    dataDir,
    signer,
    agent: () => agent,
    restart: async (grace?: number) => {
      await agent.close()
      await start(grace)
    },
    stop: () => agent.close(),
    call,
    exceptions,
    sell: async (...transactions: Transaction[]) => (await call('/v1/transactions', transactions)).status,
    day: async (): Promise<DayAnswer> => (await call(`/v1/days/${businessDay}`)).body as DayAnswer,
    /** Waits until the open exceptions are about these. */
    exceptionsAre: (ids: readonly string[]) =>
      vi.waitFor(
        async () => {
          const open = (await exceptions()).map(({ exceptionId }) => exceptionId).sort()
          if (JSON.stringify(open) !== JSON.stringify([...ids].sort())) throw new Error(`open: ${open.join(', ') || 'none'}`)
        },
        { timeout: 5_000, interval: 20 },
      ),
  }
}
