/**
 * Half of the clients of `price-fanout`, in a process of their own:
 *
 *   node test/bench/fanout-clients.ts            what to connect comes as one line of JSON on standard input
 *
 * Each line on standard output tells that all clients of this process have what a number stands for, or are ready.
 */
import { systemClock as clock } from '#hub/system-clock.ts'
import { createPrivateKey, sign } from 'node:crypto'
import { createInterface } from 'node:readline'
import { io } from 'socket.io-client'
import { identitySchema } from '#sync/contract/config.ts'
import { incarnationSchema } from '#sync/contract/vocabulary.ts'
import { CatalogueKeeper } from '#sync/engine/catalogue-keeper.ts'
import { createFeeds } from '#sync/engine/feeds.ts'
import { createHubLine } from '#sync/engine/hub-line.ts'
import { streamCodec } from '#sync/link/codec.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import { openLightStore } from './light-store.ts'

export interface FanoutStore {
  storeId: string
  deviceId: string
  incarnation: string
  /** PKCS #8, PEM. */
  privateKey: string
}
export type FanoutOrder = { side: 'stores'; hubUrl: string; stores: FanoutStore[] } | { side: 'bare'; url: string; count: number }

/** Says when the last of `count` clients has each number. */
const createTally = (count: number, word: 'all' | 'shown' = 'all') => {
  const seen = new Map<number, number>()
  return (number: number): void => {
    const now = (seen.get(number) ?? 0) + 1
    seen.set(number, now)
    if (now === count) process.stdout.write(`${JSON.stringify({ [word]: number })}\n`)
  }
}

const amountsOf = (text: string): number[] =>
  (JSON.parse(text) as { document: { amountMinor: number } }[]).map(({ document }) => document.amountMinor)

/** The store's line and feeds as the engine has them; its database in memory. Resolves when its catalogue is whole. */
const connectStore = (
  hubUrl: string,
  store: FanoutStore,
  tell: { have(number: number): void; show(number: number): void },
): Promise<void> =>
  new Promise((ready) => {
    const key = createPrivateKey(store.privateKey)
    const identity = identitySchema.parse({
      ...{ deviceId: store.deviceId, storeId: store.storeId, storeName: store.storeId, currency: 'EUR', timeZone: 'Europe/Berlin' },
    })
    const line = createHubLine({
      ...{ link: new SocketLink({ hubUrl }), clock, identity, random: Math.random, log: () => undefined },
      signer: { sign: (text) => Promise.resolve(sign(null, Buffer.from(text), key).toString('base64url')) },
      incarnation: incarnationSchema.parse(store.incarnation),
      agentVersion: 'bench',
      remembers: () => null,
      onWelcome: () => void feeds.pull(),
      onPoke: (feed, news) => void feeds.poked(feed, news),
      ...{
        onLost: () => undefined,
        onRefused: () => undefined,
        onCredit: () => undefined,
        onAsk: () => undefined,
        onChange: () => undefined,
      },
    })
    const local = openLightStore({
      onStaged: ({ text }) => tell.have(amountsOf(text)[0] ?? 0),
      onPut: (feed, docs) => {
        if (feed === 'prices') for (const { document } of docs) tell.show(Number(document['amountMinor']))
      },
    })
    let caughtUp = 0
    const feeds = createFeeds({
      ...{ store: local as never, line, clock, codec: streamCodec, storeId: identity.storeId, catalogue: new CatalogueKeeper() },
      log: () => undefined,
      onChanged: () => undefined,
      // Three groups of feeds.
      onCaughtUp: () => void ((caughtUp += 1) === 3 && ready()),
    })
    line.start()
  })

const connectBare = (url: string, have: (number: number) => void): Promise<void> =>
  new Promise((ready) => {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
    socket.on('changed', have)
    socket.once('connect', ready)
  })

const follow = async (order: FanoutOrder): Promise<void> => {
  if (order.side === 'bare') {
    const have = createTally(order.count)
    for (let n = 0; n < order.count; n++) await connectBare(order.url, have)
  } else {
    const tell = { have: createTally(order.stores.length), show: createTally(order.stores.length, 'shown') }
    for (const store of order.stores) await connectStore(order.hubUrl, store, tell)
  }
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
}

createInterface(process.stdin).once('line', (line) => void follow(JSON.parse(line) as FanoutOrder))
