/**
 * What of Node no seed decides, made to follow it: compression answers in the same turn (Node's runs on threads), and names that are
 * drawn at random are drawn from the seed. To be imported before the hub.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'

type Done = (error: Error | null, result?: unknown) => void

const promptly =
  (work: (bytes: zlib.InputType, options: zlib.ZlibOptions) => unknown) =>
  (bytes: zlib.InputType, ...rest: [zlib.ZlibOptions, Done] | [Done]): void => {
    const [options, done] = rest.length === 2 ? rest : [{}, rest[0]]
    queueMicrotask(() => {
      try {
        done(null, work(bytes, options))
      } catch (error) {
        done(error as Error)
      }
    })
  }

let next: () => number = Math.random

/** From here on. */
export const drawNamesFrom = (random: () => number): void => void (next = random)

Object.assign(crypto, { randomInt: (max: number) => Math.floor(next() * max) })
Object.assign(zlib, { inflateRaw: promptly(zlib.inflateRawSync), deflateRaw: promptly(zlib.deflateRawSync) })
syncBuiltinESMExports()
