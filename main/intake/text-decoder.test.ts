import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDocument } from '#sync/capture/dialects.ts'
import { mappingSchema } from '#sync/capture/delimited/mapping.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { unreadableMark as mark } from '#sync/capture/unreadable.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { decodeInput } from './input-text.ts'
import { createTextDecoder } from './text-decoder.ts'

const utf16 = (text: string, bigEndian: boolean): Buffer =>
  bigEndian ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'utf16le')
const xml = (encoding: string, body: string): string => `<?xml version="1.0" encoding="${encoding}"?>\n<a>${body}</a>`

describe('the text decoder', () => {
  it.each([
    ['UTF-8', Buffer.from('é€'), 'é€'],
    ['a UTF-8 mark', Buffer.from('\ufeffé€'), 'é€'],
    ['UTF-16LE with its mark', utf16('\ufeff<é€📖', false), '<é€📖'],
    ['UTF-16BE with its mark', utf16('\ufeff<é€📖', true), '<é€📖'],
    ['UTF-16LE markup without one', utf16(xml('UTF-16', 'é€📖'), false), xml('UTF-16', 'é€📖')],
    ['UTF-16BE markup without one', utf16(xml('UTF-16', 'é€📖'), true), xml('UTF-16', 'é€📖')],
    ['single bytes that say UTF-16', Buffer.from(xml('utf-16', 'é')), xml('utf-16', 'é')],
    ['windows-1252', Buffer.from(xml('windows-1252', '\x80\xe9'), 'latin1'), xml('windows-1252', '€é')],
    ['windows-1251', Buffer.from(xml('windows-1251', '\xcf'), 'latin1'), xml('windows-1251', 'П')],
    ['ISO-8859-15', Buffer.from(xml('ISO-8859-15', '\xa4'), 'latin1'), xml('ISO-8859-15', '€')],
    ['an encoding nobody knows', Buffer.from(xml('x-unheard-of', 'e')), xml('x-unheard-of', 'e')],
  ])('[CAP19] reads %s', (_name, bytes, text) => {
    expect(decodeInput(bytes)).toBe(text)
  })

  it('[CAP19] takes the encoding from the mapping of the file', () => {
    const mapping = mappingSchema.parse({
      ...{ name: 'a', files: ['*.csv'], encoding: 'windows-1252', transactions: { begin: 'with-row' } },
      rows: [{ adds: 'transaction', fields: { workstationId: 1, sequenceNumber: 2, endedAt: 3 } }],
    })
    const decoder = createTextDecoder({ fileName: 'a.CSV', mappings: [mapping] })
    expect(decoder.write(Buffer.from('K\xe4se', 'latin1')) + decoder.end()).toBe('Käse')
    expect(decoder.encoding()).toBe('windows-1252')
    expect(decodeInput(Buffer.from('K\xe4se', 'latin1'), { fileName: 'a.txt', mappings: [mapping] })).toBe(`K${mark}se`)
  })

  it.each([
    ['a stray byte', Buffer.from([0x61, 0xff, 0x62]), `a${mark}b`],
    ['a sequence that breaks off', Buffer.from([0x61, 0xe2, 0x82, 0x62]), `a${mark}b`],
    ['one that breaks off at the end', Buffer.from([0x61, 0xe2, 0x82]), `a${mark}`],
    ['a replacement character that was written', Buffer.from('a\ufffdb'), 'a\ufffdb'],
    ['a broken sequence right before a written one', Buffer.concat([Buffer.from([0xe2, 0x82]), Buffer.from('\ufffd')]), `${mark}\ufffd`],
    ['a begun replacement character', Buffer.from([0x61, 0xef, 0xbf]), `a${mark}`],
    ['half a pair of UTF-16', utf16('\ufeffa\ud83db', false), `a${mark}b`],
    ['half a pair at the end, and half a unit', Buffer.concat([utf16('\ufeffa\ud83d', false), Buffer.from([1])]), `a${mark}${mark}`],
    ['a byte that windows-1253 does not have', Buffer.from(xml('windows-1253', '\xd2'), 'latin1'), xml('windows-1253', mark)],
  ])('[CAP19] marks %s', (_name, bytes, text) => {
    expect(decodeInput(bytes)).toBe(text)
  })

  it('[CAP19] reads the same however the bytes are cut', () => {
    const piece = fc.constantFrom(
      ...['a', 'é', '€', '📖', '\ufffd', '\ufeff'].map((text) => Buffer.from(text)),
      ...[0xff, 0xe2, 0xef, 0xbf, 0xbd, 0xf0].map((byte) => Buffer.from([byte])),
    )
    const start = fc.constantFrom('', '\ufeff', 'x'.repeat(1_100), xml('windows-1252', ''))
    fc.assert(
      fc.property(
        start,
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
        (head, pieces, cuts) => {
          const bytes = Buffer.concat([Buffer.from(head), ...pieces])
          const decoder = createTextDecoder({})
          let text = ''
          for (let at = 0, n = 0; at < bytes.length; n += 1) {
            const size = at < 1_000 ? 400 : (cuts[n % cuts.length] ?? 1)
            text += decoder.write(bytes.subarray(at, at + size))
            at += size
          }
          expect(text + decoder.end()).toBe(decodeInput(bytes))
          if (head.startsWith('x')) expect(decodeInput(bytes).replaceAll(mark, '\ufffd')).toBe(bytes.toString('utf8'))
        },
      ),
    )
  })

  it('[CAP19] an unreadable character costs its own transaction, in JSON and in XML, and says so', () => {
    const sales = [1, 2, 3].map((n) => saleOf(n, { operatorId: `anna${n}` }))
    for (const document of [JSON.stringify(sales), poslogDocument(sales)]) {
      const bytes = Buffer.from(document)
      bytes[document.indexOf('anna2') + 2] = 0xfc
      const items = readDocument(decodeInput(bytes), { storeId: sales[0]!.storeId, currency: sales[0]!.currency, timeZone: 'UTC' })
      expect(items.map((item) => item.outcome)).toEqual(['transaction', 'quarantined', 'transaction'])
      const [, spoilt] = items
      if (spoilt?.outcome !== 'quarantined') throw new Error('taken')
      expect(spoilt.reasons.at(-1)).toMatchObject({ code: 'INVALID', message: 'a character is not valid in the encoding of the document' })
      expect(spoilt.excerpt).toContain('an\ufffda2')
      expect(JSON.stringify(spoilt)).not.toContain(mark)
    }
  })

  it('[CAP19] a replacement character that the till wrote is part of its sale', () => {
    const sale = saleOf(1, { reason: 'na\ufffdve' })
    const items = readDocument(decodeInput(Buffer.from(JSON.stringify(sale))), {
      storeId: sale.storeId,
      currency: sale.currency,
      timeZone: 'UTC',
    })
    expect(items.map((item) => item.outcome === 'transaction' && canonicalText(item.transaction))).toEqual([canonicalText(sale)])
  })
})
