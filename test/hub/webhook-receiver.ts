/** A sales channel's end of a webhook: verifies what comes with the specification's own library, and fails as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AvailabilityEvent, availabilityEventSchema } from '#hub/events/event.ts'
import { Webhook } from 'standardwebhooks'
import { afterEach } from 'vitest'
import { z } from 'zod'

const messageSchema = z.strictObject({
  type: z.literal('availability.changed'),
  timestamp: z.string(),
  data: z.strictObject({ version: z.literal(1), events: z.array(availabilityEventSchema).min(1) }),
})

/** A status · hang: no answer · lost: taken, and the answer does not arrive. */
export type Behaviour = number | 'hang' | 'lost'

export interface Receiver {
  url: string
  /** Asked for each message. */
  behave: () => Behaviour
  answerHeaders: Record<string, string>
  /** What was taken, in the order of its coming. */
  taken: AvailabilityEvent[]
  ids: string[]
  attempts: number
  /** The newest of each key by the receiver's own rule: greater numbers win. */
  newest(): Map<string, AvailabilityEvent>
  secrets: string[]
  verified: number
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

export const startReceiver = async (): Promise<Receiver> => {
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    receiver.attempts += 1
    const body = await bodyOf(request)
    const behaviour = receiver.behave()
    if (behaviour === 'hang') return
    if (behaviour !== 'lost' && (behaviour < 200 || behaviour > 299)) {
      response.writeHead(behaviour, receiver.answerHeaders).end()
      return
    }
    for (const secret of receiver.secrets) {
      new Webhook(secret).verify(body, request.headers as Record<string, string>)
      receiver.verified += 1
    }
    receiver.ids.push(String(request.headers['webhook-id']))
    receiver.taken.push(...messageSchema.parse(JSON.parse(body)).data.events)
    if (behaviour === 'lost') request.socket.destroy()
    else response.writeHead(behaviour).end('thank you')
  }
  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    behave: () => 200,
    ...{ answerHeaders: {}, taken: [], ids: [], attempts: 0, secrets: [], verified: 0 },
    newest: () => {
      const newest = new Map<string, AvailabilityEvent>()
      for (const event of receiver.taken) {
        const key = `${event.storeId} ${event.itemId}`
        if (event.sequence > (newest.get(key)?.sequence ?? 0)) newest.set(key, event)
      }
      return newest
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((settle) => server.close(settle))
    },
  }
  return receiver
}

/** Call at the top of a test file; each test's receivers are gone after it. */
export const withReceivers = (): (() => Promise<Receiver>) => {
  const receivers: Receiver[] = []
  afterEach(async () => {
    for (const receiver of receivers.splice(0)) await receiver.close()
  })
  return async () => {
    const receiver = await startReceiver()
    receivers.push(receiver)
    return receiver
  }
}
