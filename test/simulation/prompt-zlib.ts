/**
 * Compression in the same turn. Node's own runs on threads, whose timing no seed decides; whoever imports this before the hub gets the
 * same results from the same code, at once.
 */
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

Object.assign(zlib, { inflateRaw: promptly(zlib.inflateRawSync), deflateRaw: promptly(zlib.deflateRawSync) })
syncBuiltinESMExports()
