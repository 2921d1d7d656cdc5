/** About how many bytes a request or an answer takes on the wire, told without writing it out; for links that do not measure. */
import type { UpEvent, UpRequest, UpResponse } from '../contract/up.ts'
import { envelopeBytes } from './wire-size.ts'

const frameBytes = 100
const sampled = 20

/** A few of many tell the size of all. */
const bytesOfMany = (values: readonly unknown[]): number => {
  if (values.length === 0) return 0
  const step = Math.max(1, Math.floor(values.length / sampled))
  const sample = values.filter((_, index) => index % step === 0)
  return Math.round((sample.reduce<number>((sum, v) => sum + JSON.stringify(v).length, 0) * values.length) / sample.length)
}

const bytesOfRecords = (records: readonly { payload: string }[]): number =>
  records.reduce((sum, { payload }) => sum + payload.length + envelopeBytes, 0)

const bytesOf = (message: object): number => {
  if ('bytes' in message && message.bytes instanceof Uint8Array) return message.bytes.length
  if ('records' in message) return bytesOfRecords(message.records as { payload: string }[])
  if ('entries' in message) return bytesOfMany(message.entries as unknown[])
  return JSON.stringify(message).length
}

export const requestBytes = <E extends UpEvent>(request: UpRequest<E>): number => frameBytes + bytesOf(request)

export const answerBytes = <E extends UpEvent>(answer: UpResponse<E>): number => frameBytes + bytesOf(answer)
