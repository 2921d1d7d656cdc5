/** The gate between engine and line, when there is no line. */
import { describe, expect, it } from 'vitest'
import { createTrafficGate } from '#sync/engine/traffic-gate.ts'
import { createTrafficLink } from '#sync/engine/traffic-link.ts'
import { LinkLost, type Link } from '#sync/core/ports.ts'
import { VirtualClock } from './virtual-clock.ts'

const silentLink: Link = { connect: () => undefined, request: () => new Promise(() => undefined), close: () => undefined }
const nothing = (): void => undefined

const openTrafficLink = (): Link => {
  const clock = new VirtualClock('2026-03-02T10:00:00.000Z')
  const gate = createTrafficGate(clock)
  gate.rule({ metered: false }, { urgent: true, routine: true, bulk: false }, 0)
  return createTrafficLink({
    ...{ link: silentLink, gate, clock, isWhole: () => Promise.resolve(true), pageLimit: () => Infinity },
    ...{ onMoved: nothing, onExchange: nothing, onPull: nothing, onDone: nothing, onLost: nothing },
  })
}
const askForHistory = (link: Link): Promise<unknown> =>
  link.request('fetch', { incarnation: 'abcdefghijkl' as never, fromSeq: 1, toSeq: 2 })

describe('the line behind the gate', () => {
  it('[TRN10] [TRN19] lets nobody wait for a window without a connection: before the first one, and once it is closed', async () => {
    const link = openTrafficLink()
    await expect(askForHistory(link)).rejects.toBeInstanceOf(LinkLost)
    link.connect({ onDown: nothing, onLost: nothing })
    const held = askForHistory(link)
    link.close()
    await expect(held).rejects.toBeInstanceOf(LinkLost)
    await expect(askForHistory(link)).rejects.toBeInstanceOf(LinkLost)
  })
})
