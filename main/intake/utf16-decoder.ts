/** UTF-16 in chunks, half units and half pairs carried over. A surrogate without its other half is the unreadable mark. */
import { unreadableMark } from '#sync/capture/unreadable.ts'
import type { TextDecoding } from './text-decoder.ts'

export const createUtf16Decoder = (bigEndian: boolean): TextDecoding => {
  let oddByte: Uint8Array = new Uint8Array()
  let halfPair = ''

  const mark = (text: string): string => text.replace(/\p{Surrogate}/gu, unreadableMark)
  return {
    write: (bytes) => {
      const whole = Buffer.concat([oddByte, bytes])
      const even = whole.length - (whole.length % 2)
      oddByte = Uint8Array.from(whole.subarray(even))
      const units = whole.subarray(0, even)
      const text = halfPair + (bigEndian ? units.swap16() : units).toString('utf16le')
      halfPair = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
      return mark(halfPair === '' ? text : text.slice(0, -1))
    },
    end: () => mark(halfPair) + (oddByte.length > 0 ? unreadableMark : ''),
  }
}
