/**
 * A store on the bad line: the real engine with a journal of model sales. Prints a JSON line when link or watermark change; each line
 * that it reads is a number of sales to make.
 *
 *   node test/netem/store-process.ts '{"hubUrl": …, "device": …}'
 */
import { systemClock } from '#hub/system-clock.ts'
import { createPrivateKey, sign } from 'node:crypto'
import { createInterface } from 'node:readline'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { z } from 'zod'
import { identitySchema } from '#sync/contract/config.ts'
import { chainText, genesisHash } from '#sync/contract/record.ts'
import { incarnationSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import type { JournalSource } from '#sync/core/ports.ts'
import { startEngine } from '#sync/engine.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import { modelDevice, sha256 } from '../hub/model-device.ts'
import { enrolledSchema } from './enrolled.ts'

const { hubUrl, device: enrolled } = z.strictObject({ hubUrl: z.string(), device: enrolledSchema }).parse(JSON.parse(process.argv[2] ?? ''))
const { deviceId, incarnation, storeId, key } = enrolled
const privateKey = createPrivateKey(key)
const device = modelDevice({ deviceId, storeId, privateKey, incarnation })
const listeners = new Set<(seq: number) => void>()

const journal: JournalSource = {
  head: () => {
    const last = device.journal.at(-1)
    const hash = last ? sha256Schema.parse(sha256(chainText(last))) : genesisHash
    return Promise.resolve({ incarnation: incarnationSchema.parse(incarnation), seq: last?.seq ?? 0, hash })
  },
  read: (afterSeq, limit) => Promise.resolve(device.journal.slice(afterSeq, afterSeq + limit)),
  onAppended: (callback) => {
    listeners.add(callback)
    return () => void listeners.delete(callback)
  },
}

const engine = await startEngine({
  journal,
  signer: { sign: (text) => Promise.resolve(sign(null, Buffer.from(text), privateKey).toString('base64url')) },
  clock: systemClock,
  random: Math.random,
  link: new SocketLink({ hubUrl }),
  storage: getRxStorageMemory(),
  configuration: {
    identity: identitySchema.parse({ deviceId, storeId, storeName: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }),
    agentVersion: 'netem',
  },
  plu: { publish: () => Promise.resolve() },
  view: { publish: () => Promise.resolve() },
  log: (level, message, fields) => {
    if (process.env['TIDELINE_TEST_LOG']) process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`)
  },
})

let told = ''
setInterval(() => {
  const { link, ackedSeq } = engine.status()
  const line = JSON.stringify({ link: link.state, ackedSeq, sold: device.journal.length })
  if (line !== told) process.stdout.write(`${line}\n`)
  told = line
}, 20)

createInterface(process.stdin).on('line', (line) => {
  for (let count = Number(line); count > 0; count -= 1) device.sell(device.journal.length + 1)
  for (const listener of listeners) listener(device.journal.length)
})
