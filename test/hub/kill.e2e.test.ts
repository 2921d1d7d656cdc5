/** A real hub process, killed with SIGKILL in the middle of batches, then started anew on the same data: nothing lost, nothing doubled. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { openDatabase } from '#hub/storage/database.ts'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { enrolModelDevice } from './model-device.ts'
import { connectWire } from './wire-client.ts'

const log = pino({ level: 'silent' })
const state: { dir: string; hubs: ChildProcess[] } = { dir: '', hubs: [] }

beforeAll(async () => {
  state.dir = await mkdtemp(join(tmpdir(), 'tideline-kill-'))
})
afterAll(async () => {
  for (const hub of state.hubs) if (hub.exitCode === null && hub.signalCode === null) hub.kill('SIGKILL')
  // Whatever the killed hub left running is taken over, and stopped.
  await startEmbeddedPostgres({ dataDir: join(state.dir, 'hub', 'database'), log }).then((left) => left.stop())
  await removeEmbeddedPostgres(join(state.dir, 'hub', 'database'))
  await rm(state.dir, { recursive: true, force: true })
})

const startHub = async (): Promise<{ child: ChildProcess; url: string; databaseUrl: string }> => {
  const environment = {
    TIDELINE_HUB_PORT: '0',
    TIDELINE_HUB_DATA: join(state.dir, 'hub'),
    TIDELINE_LOG: 'error',
    TIDELINE_ERP: 'none',
    DATABASE_URL: '',
  }
  const child = spawn(process.execPath, ['hub/server.ts', '--json-ready'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  state.hubs.push(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, ...(JSON.parse(line) as { url: string; databaseUrl: string }) }
}

it('[TRN4] [TRN5] [HUB1] [HUB3] kill -9 of the hub mid-batch, three times: log and totals equal the journal', async () => {
  let hub = await startHub()
  const setup = openDatabase(hub.databaseUrl)
  const device = await enrolModelDevice(setup)
  await setup.destroy()
  for (let n = 1; n <= 300; n++) device.sell(n)

  let kills = 0
  for (let acked = 0; acked < 300;) {
    const client = connectWire(hub.url)
    const welcome = await client.hello(device)
    expect(welcome['outcome']).toBe('welcome')
    expect(welcome['ackedSeq']).toBeGreaterThanOrEqual(acked)
    acked = Number(welcome['ackedSeq'])
    const lost = new Promise((settle) => client.socket.once('disconnect', settle))
    const answers = [0, 1, 2].map((part) =>
      client.send('batch', { records: device.journal.slice(acked + part * 30, acked + part * 30 + 30) }).catch(() => null),
    )
    if (kills < 3 && acked < 270) {
      kills += 1
      // The first answer is out, the next batch is being taken: now.
      await answers[0]
      hub.child.kill('SIGKILL')
      await lost
      hub = await startHub()
    } else {
      const answer = (await Promise.all(answers)).findLast((each) => each?.['outcome'] === 'acknowledged')
      acked = Number(answer?.['ackedSeq'] ?? acked)
    }
    client.socket.disconnect()
  }
  expect(kills).toBe(3)

  const db = openDatabase(hub.databaseUrl)
  const rows = await db.selectFrom('record_log').select(['seq', 'payload', 'verdict']).orderBy('seq').execute()
  expect(rows).toEqual(device.journal.map(({ seq, payload }) => ({ seq, payload, verdict: 'accepted' })))
  await expect
    .poll(
      () =>
        db
          .selectFrom('sales_transaction')
          .select((e) => [e.fn.countAll<number>().as('count'), e.fn.sum<string>('grand_minor').as('sum')])
          .executeTakeFirst(),
      { timeout: 20_000 },
    )
    .toEqual({
      count: 300,
      sum: String(300 * 238),
    })
  await db.destroy()
  const ended = once(hub.child, 'exit')
  hub.child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
