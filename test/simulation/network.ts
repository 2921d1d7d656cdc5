/**
 * The network between stores and hub at the Link port. Each message is copied as a wire would, takes its time, and may be lost,
 * doubled, overtaken or cut off with its connection, as the weather of its store has it.
 */
import { downMessages, type DownEvent, type DownMessage } from '#sync/contract/down.ts'
import { upMessages, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import { LinkLost, type Link, type LinkHandlers } from '#sync/core/ports.ts'
import type { Chance } from './chance.ts'
import type { Life } from './life.ts'
import { createInterpreter, type Interpreter } from './protocol-2.ts'
import type { Scheduler } from './scheduler.ts'
import type { Tally } from './tally.ts'

export interface Weather {
  lose: number
  double: number
  overtake: number
  cut: number
  slowestMs: number
}

export const fairWeather: Weather = { lose: 0, double: 0, overtake: 0, cut: 0, slowestMs: 30 }

/** One connection as the hub has it. */
export interface HubSide {
  receive(event: string, message: unknown): Promise<unknown>
  closed(): void
}

/** A process of the hub as the network finds it. */
export interface Host {
  readonly name: string
  readonly life: Life
  accept(ports: { send(event: string, message: unknown): void; end(): void }): HubSide
}

export interface Network {
  link(life: Life, store: string): Link
  setWeather(store: string, weather: Weather): void
  /** Ends the store's connections; one side may learn of it late. */
  cut(store: string, isHalfOpen: boolean): void
  /** Until told otherwise that side is of protocol 2; what it was asked before, it answers as it was. */
  speakOld(side: 'hub' | 'agents' | null): void
}

export interface NetworkParts {
  scheduler: Scheduler
  chance: Chance
  tally: Tally
  hosts(): readonly Host[]
  /** Something was said that the other side cannot know. */
  onViolation(words: string): void
  /** Sees each answer as it leaves the hub. */
  onAnswer(hello: UpRequest<'hello'> | undefined, event: string, answer: unknown): void
}

const answerTimeoutMs = 20_000
const noticedLateMs = 45_000

/** A copy as JSON would make it, bytes kept. */
const overWire = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(overWire)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, overWire(one)]])))
}

interface Connection {
  store: string
  life: Life
  host: Host
  hubSide: HubSide | null
  hello: UpRequest<'hello'> | undefined
  isAtHub: boolean
  isAtStore: boolean
  upMs: number
  downMs: number
  handlers: LinkHandlers
  pending: Set<(reason: string) => void>
  old: Interpreter | null
}

export const createNetwork = ({ scheduler, chance, tally, hosts, onAnswer, onViolation }: NetworkParts): Network => {
  const weathers = new Map<string, Weather>()
  const connections = new Set<Connection>()
  let oldSide: 'hub' | 'agents' | null = null
  const weatherOf = (store: string): Weather => weathers.get(store) ?? fairWeather

  const endAtHub = (connection: Connection): void => {
    if (!connection.isAtHub) return
    connection.isAtHub = false
    if (connection.host.life.isAlive()) connection.hubSide?.closed()
    if (!connection.isAtStore) connections.delete(connection)
  }
  const endAtStore = (connection: Connection, reason: string): void => {
    if (!connection.isAtStore) return
    connection.isAtStore = false
    if (!connection.isAtHub) connections.delete(connection)
    for (const fail of [...connection.pending]) fail(reason)
    if (connection.life.isAlive()) connection.handlers.onLost(reason)
  }
  const cutOff = (connection: Connection, isHalfOpen: boolean): void => {
    tally.count(isHalfOpen ? 'connection half open' : 'connection cut')
    const storeLate = isHalfOpen && chance.happens(0.5)
    scheduler.after(storeLate ? noticedLateMs : 5, `${connection.store} finds the connection cut`, () => endAtStore(connection, 'cut'))
    scheduler.after(isHalfOpen && !storeLate ? noticedLateMs : 5, `hub finds ${connection.store} cut`, () => endAtHub(connection))
  }

  /** Carries one message; `arrive` may be called twice or never. */
  const carry = (connection: Connection, direction: 'upMs' | 'downMs', what: string, arrive: () => void): void => {
    const weather = weatherOf(connection.store)
    if (chance.happens(weather.lose)) return tally.count('message lost')
    if (chance.happens(weather.cut)) {
      tally.count(direction === 'upMs' ? 'cut in a request' : 'cut in an answer')
      return cutOff(connection, chance.happens(0.3))
    }
    const delayMs = chance.int(1, weather.slowestMs)
    if (delayMs > 1_000) tally.count('message delayed by seconds')
    const dueMs = scheduler.nowMs() + delayMs
    const isOvertaken = chance.happens(weather.overtake)
    if (isOvertaken) tally.count('message overtaken')
    const atMs = isOvertaken ? dueMs + chance.int(1, 200) : Math.max(dueMs, connection[direction])
    if (!isOvertaken) connection[direction] = atMs
    scheduler.after(atMs - scheduler.nowMs(), `${connection.store} ${what}`, arrive)
    if (!chance.happens(weather.double)) return
    tally.count('message doubled')
    scheduler.after(atMs - scheduler.nowMs() + chance.int(0, 300), `${connection.store} ${what} again`, arrive)
  }

  const open = (connection: Connection): void => {
    const { host, store } = connection
    connection.isAtHub = true
    connections.add(connection)
    host.life.onEnd(() => {
      connection.isAtHub = false
      scheduler.after(chance.happens(0.2) ? noticedLateMs : 5, `${store} finds ${host.name} gone`, () => endAtStore(connection, 'hub gone'))
    })
    const down = (event: string, message: unknown): void => {
      if (connection.old && !connection.old.hears(event, message)) return
      const copy = overWire(message)
      carry(connection, 'downMs', `hears ${event}`, () => {
        if (!connection.isAtStore || !connection.life.isAlive()) return
        const parsed = downMessages[event as DownEvent].parse(copy) as DownMessage<DownEvent>
        connection.handlers.onDown(event as DownEvent, parsed)
      })
    }
    const end = (): void => {
      scheduler.after(10, `${store} is hung up on`, () => endAtStore(connection, 'the hub hung up'))
      scheduler.after(0, `hub hangs up on ${store}`, () => endAtHub(connection))
    }
    connection.hubSide = host.accept({ send: down, end })
  }

  const request = (connection: Connection, event: UpEvent, message: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        connection.pending.delete(fail)
        cancel()
        reject(new LinkLost(reason))
      }
      const cancel = connection.life.after(answerTimeoutMs, `${event} goes unanswered`, () => fail('no answer'))
      connection.pending.add(fail)
      const copy = overWire(connection.old ? connection.old.up(event, message) : message)
      if (event === 'hello') connection.hello = copy as UpRequest<'hello'>
      const answered = (answer: unknown): void => {
        onAnswer(connection.hello, event, answer)
        const answerCopy = overWire(connection.old ? connection.old.answer(event, answer) : answer)
        carry(connection, 'downMs', `hears the answer to ${event}`, () => {
          if (!connection.isAtStore || !connection.pending.delete(fail)) return
          cancel()
          resolve(answerCopy)
        })
      }
      carry(connection, 'upMs', `says ${event}`, () => {
        if (!connection.isAtHub || !connection.host.life.isAlive()) return
        const refusal = connection.old?.refusal(event)
        if (refusal) return answered(refusal)
        void connection.hubSide?.receive(event, overWire(copy)).then((answer) => connection.host.life.isAlive() && answered(answer))
      })
    })

  const link = (life: Life, store: string): Link => {
    let current: Connection | null = null
    const close = (): void => {
      const closing = current
      current = null
      if (!closing) return
      closing.isAtStore = false
      for (const fail of [...closing.pending]) fail('closed')
      scheduler.after(chance.int(1, 60), `hub hears ${store} hang up`, () => endAtHub(closing))
    }
    life.onEnd(close)
    const connect = (handlers: LinkHandlers): void => {
      close()
      const placeholder = { handlers }
      wanted = placeholder
      life.after(chance.int(1, 40), 'connects', () => {
        if (wanted !== placeholder) return
        const alive = hosts().filter((host) => host.life.isAlive())
        if (alive.length === 0 || chance.happens(weatherOf(store).cut)) return handlers.onLost('connection refused')
        current = {
          ...{ store, life, host: chance.pick(alive), hubSide: null, hello: undefined, isAtHub: false, isAtStore: true },
          ...{ upMs: 0, downMs: 0, handlers, pending: new Set(), old: oldSide && createInterpreter(oldSide, onViolation) },
        }
        open(current)
      })
    }
    let wanted: { handlers: LinkHandlers } | null = null
    return {
      connect,
      request: async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E>> => {
        if (!current?.isAtStore) throw new LinkLost('not connected')
        const parsed = upMessages[event].response.safeParse(await request(current, event, message))
        if (parsed.success) return parsed.data as UpResponse<E>
        return { outcome: 'refused', code: 'UNKNOWN_MESSAGE', message: parsed.error.message } as UpResponse<E>
      },
      close: () => {
        wanted = null
        close()
      },
    }
  }
  return {
    link,
    speakOld: (side) => {
      oldSide = side
      // A process of another version is another process.
      for (const connection of [...connections]) if (connection.isAtStore) cutOff(connection, false)
    },
    setWeather: (store, weather) => void weathers.set(store, weather),
    cut: (store, isHalfOpen) => {
      for (const connection of [...connections]) if (connection.store === store && connection.isAtStore) cutOff(connection, isHalfOpen)
    },
  }
}
