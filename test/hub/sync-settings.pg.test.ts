/** Windows, bounds and intervals: set over the API, told to the stores through their feed. */
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import { feedDocumentSchemas } from '#sync/contract/feed.ts'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const settings = {
  windows: { routine: [{ cron: '0 22 * * *', minutes: 360 }], bulk: [] },
  caps: { metered: true, megabytesPerDay: 50 },
  compareEveryMinutes: 10,
  reportEverySeconds: 30,
}

it('[OPS6] what is set for a store reaches it through the settings feed; unchanged it is not sent again', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const path = '/v1/stores/S1/sync-settings'
  expect((await hub.get(path)).body).toEqual({
    ...{ kind: 'sync', storeId: 'S1', windows: {}, caps: { metered: false }, compareEveryMinutes: 5, reportEverySeconds: 60 },
  })
  const whole = { kind: 'sync', storeId: 'S1', ...settings }
  expect(await hub.put(path, settings)).toEqual({ status: 200, body: whole })
  expect((await hub.get(path)).body).toEqual(whole)
  const wire = hub.wire()
  await wire.hello(device, { protocolVersion: 3 })
  const pull = async () => (await wire.send('pull', { feed: 'settings', after: 1, limit: 10 }))['entries'] as Record<string, unknown>[]
  expect(await pull()).toEqual([{ id: 'sync:S1', checkpoint: 2, deleted: false, document: whole }])
  expect(feedDocumentSchemas.settings.parse((await pull())[0]?.['document'])).toEqual(whole)
  await hub.put(path, {
    reportEverySeconds: 30,
    compareEveryMinutes: 10,
    caps: { megabytesPerDay: 50, metered: true },
    windows: settings.windows,
  })
  expect(await pull()).toMatchObject([{ checkpoint: 2 }])
  await hub.put(path, { ...settings, reportEverySeconds: 45 })
  expect(await pull()).toMatchObject([{ checkpoint: 3, document: { reportEverySeconds: 45 } }])
  // Whoever fills the store's feeds anew tells both documents.
  await db.deleteFrom('feed_entry').execute()
  await db.transaction().execute((trx) => publishCatalogueToStore(trx, 'S1'))
  expect((await pull()).map(({ id }) => id)).toEqual(['S1', 'sync:S1'])
})

it('[OPS6] for all stores in one go, all or none', async () => {
  const { db, url } = await server.fresh()
  for (const storeId of ['S1', 'S2', 'S3']) await enrolModelDevice(db, storeId)
  const hub = await startHub({ DATABASE_URL: url })
  expect(await hub.put('/v1/sync-settings', settings)).toEqual({ status: 200, body: { stores: 3 } })
  for (const storeId of ['S1', 'S2', 'S3'])
    expect((await hub.get(`/v1/stores/${storeId}/sync-settings`)).body).toEqual({ kind: 'sync', storeId, ...settings })
  expect((await hub.put('/v1/sync-settings', { ...settings, windows: { bulk: [{ cron: 'every night', minutes: 1 }] } })).status).toBe(422)
  expect(await db.selectFrom('feed_head').select('checkpoint').where('feed', '=', 'settings').execute()).toEqual(
    [1, 2, 3].map(() => ({ checkpoint: 2 })),
  )
})

it('[OPS6] a pattern that is none, or that never comes, is refused with its field and an example', async () => {
  const { db, url } = await server.fresh()
  await enrolModelDevice(db)
  const hub = await startHub({ DATABASE_URL: url })
  const put = (cron: string, index = 0) =>
    hub.put('/v1/stores/S1/sync-settings', {
      ...settings,
      windows: { bulk: [...Array.from({ length: index }, () => ({ cron: '0 1 * * *', minutes: 5 })), { cron, minutes: 5 }] },
    })
  for (const cron of ['61 * * * *', '0 22 * * lundi', '* * * * * * *', '2026-01-01T00:00', '0 0 31 2 *'])
    expect(await put(cron, 1), cron).toMatchObject({
      status: 422,
      body: { code: 'INVALID', message: expect.stringMatching(/^windows\.bulk\.1\.cron: “.+; for example "0 22 \* \* \*"/) as string },
    })
  for (const cron of ['0 22 * * *', '*/30 0 22 * * mon-fri']) expect(await put(cron), cron).toMatchObject({ status: 200 })
  expect((await hub.put('/v1/stores/S1/sync-settings', { ...settings, reportEverySeconds: 1 })).status).toBe(422)
  expect((await hub.put('/v1/stores/none/sync-settings', settings)).status).toBe(404)
  expect((await hub.get('/v1/stores/none/sync-settings')).status).toBe(404)
})
