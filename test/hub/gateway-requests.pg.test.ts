/** What other parts of the hub answer through the gateway, and what it asks of agents. */
import { notifyDevice } from '#hub/enrolment/device-channel.ts'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, modelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'

const server = withDatabase()
const gateways = withGateways()

it('[TRN8] names that every object knows are unknown messages like others', async () => {
  const wire = gateways.connect(await gateways.start(await server.fresh()))
  for (const event of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    expect(await wire.send(event, {})).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
})

it('[TRN8] another part answers what it registered, to welcomed sessions alone; when it throws, the connection goes on', async () => {
  const database = await server.fresh()
  const device = await enrolModelDevice(database.db)
  const url = await gateways.start(database, {
    moreRequests: {
      echo: ({ limit }, { deviceId }, message) => limit.run(() => Promise.resolve({ deviceId, message })),
      stumble: () => Promise.reject(new Error('stumbled')),
    },
  })
  const wire = gateways.connect(url)
  expect(await wire.send('echo', 1)).toMatchObject({ outcome: 'refused', code: 'UNKNOWN_MESSAGE' })
  await wire.hello(device)
  expect(await wire.send('stumble', 1)).toMatchObject({ outcome: 'refused', code: 'INTERNAL' })
  expect(await wire.send('echo', 1)).toEqual({ deviceId: device.deviceId, message: 1 })
})

it('[TRN12] an ask reaches the agent at whichever gateway holds it, if it speaks the protocol that has asks', async () => {
  const database = await server.fresh()
  const [first, second] = [await gateways.start(database), await gateways.start(database)]
  const [asked, other] = [await enrolModelDevice(database.db), await enrolModelDevice(database.db)]
  const older = modelDevice({ ...asked, incarnation: 'bbbbbbbbbbbb' })
  const [current, old, stranger] = [gateways.connect(first), gateways.connect(second), gateways.connect(second)]
  await current.hello(asked, { protocolVersion: 3 })
  await old.hello(older, { protocolVersion: 2 })
  await stranger.hello(other, { protocolVersion: 3 })
  const asks = ({ pushed }: typeof current) => pushed.filter(({ event }) => event === 'ask').map(({ message }) => message)
  const ask = { what: 'diagnostics', requestId: 'request-1', reason: 'slow till' } as const
  await vi.waitFor(async () => {
    for (const { deviceId } of [asked, other]) await notifyDevice(database.db, { event: 'ask', deviceId, ask })
    expect(asks(current).length > 0 && asks(stranger).length > 0).toBe(true)
  }, 10_000)
  expect(asks(current)[0]).toEqual(ask)
  // A notice behind the asks, on the same channel: by then the older agent would have been asked.
  await notifyDevice(database.db, { event: 'revoked', deviceId: asked.deviceId })
  await vi.waitFor(() => expect(old.pushed.at(-1)).toMatchObject({ event: 'dismiss' }))
  expect(asks(old)).toEqual([])
})
