/** A document in chunks, and what becomes of its faults. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { poslog22 } from '#test/fixtures/poslog-22.ts'
import { poslogVersions } from '#test/fixtures/poslog-versions.ts'
import { storeDay, storeTransaction } from '#test/fixtures/store-model.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { currencySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { CapturedItem, CaptureHints } from '../captured-item.ts'
import { openDocument, readDocument } from '../dialects.ts'
import { poslogDialect } from './poslog-dialect.ts'
import { readPlainTransaction } from './plain-transaction.ts'
import { createPoslogReader } from './poslog-reader.ts'
import type { XmlNode } from './xml-node.ts'

const hints: CaptureHints = { storeId: storeIdSchema.parse('S042'), currency: currencySchema.parse('EUR'), timeZone: 'Europe/Stockholm' }

/** Past the recognition of dialects, which would gather the first pieces. */
const readInPieces = (pieces: readonly string[]): CapturedItem[] => {
  const reader = poslogDialect.open(hints)
  return [...pieces.flatMap((piece) => reader.write(piece)), ...reader.end()]
}
const cutAt = (text: string, cuts: readonly number[]): string[] => {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b)
  return places.slice(1).map((end, index) => text.slice(places[index], end))
}

const day = storeDay(11, { workstations: 2, transactions: 24 })
const spoilers = [
  '',
  '&',
  '<',
  '>',
  '<!--',
  ']]>',
  '\u0001',
  '\u000b',
  '\u00a0',
  '\ufffe',
  '\u{1f375}',
  '\r\n',
  '\ud800',
  '</Transaction>',
  '<Transaction>',
  '<![CDATA[x]]>',
  '&nbsp;',
  '&amp;',
  '<!DOCTYPE a>',
  '<?pi?>',
  ' a="1" ',
]
const spoiled = (text: string, changes: readonly (readonly [number, number, string])[]): string =>
  changes.reduce((spoilt, [place, length, more]) => {
    const at = place % spoilt.length
    return spoilt.slice(0, at) + more + spoilt.slice(at + length)
  }, text)
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...spoilers)), { maxLength: 3 })

describe('in chunks', () => {
  it('[CAP14] gives the same items wherever it is cut, of well-formed documents and of faulty ones', () => {
    const documents = poslogVersions.map((version) => version.document(day).replace(/<(?:p:)?(?:LineItem|Transaction)[ >]/g, '\n$&'))
    fc.assert(
      fc.property(fc.constantFrom(...documents), changes, fc.array(fc.nat(), { maxLength: 30 }), (document, spoils, cuts) => {
        const text = spoiled(document, spoils)
        expect(readInPieces(cutAt(text, cuts))).toEqual(readInPieces([text]))
      }),
      { numRuns: 100 },
    )
  })

  it('[CAP14] gives the same items character by character', () => {
    const text = spoiled(poslog22.document(day.slice(0, 3)), [[3_000, 0, '&']])
    expect(readInPieces([...text].flatMap((character) => character.split('')))).toEqual(readInPieces([text]))
  })

  it('[CAP14] hands a transaction on with the chunk that ends it', () => {
    const text = poslog22.document(day.slice(0, 2)).replace('<POSLog', `${' '.repeat(64_000)}<POSLog`)
    const reader = openDocument(hints)
    const first = text.indexOf('</Transaction>') + '</Transaction>'.length
    expect(reader.write(text.slice(0, first + 30))).toHaveLength(1)
  })
})

describe('line ends', () => {
  it('[CAP14] of every kind are the same, wherever the document is cut', () => {
    const document = poslog22.document(day).replace(/<(?:LineItem|Transaction)[ >]/g, '\n$&')
    const plain = readInPieces([document])
    for (const lineEnd of ['\r\n', '\r']) {
      const text = document.replaceAll('\n', lineEnd)
      const cuts = fc.array(fc.nat(), { maxLength: 30 })
      fc.assert(
        fc.property(cuts, (places) => {
          expect(readInPieces(cutAt(text, places))).toEqual(plain)
        }),
        { numRuns: 20 },
      )
    }
    expect(readInPieces([`${document}\r`])).toEqual(plain)
  })
})

describe('plain transactions', () => {
  /** White space between elements is no text of theirs. */
  const shapeOf = (node: XmlNode): unknown => ({
    ...{ name: node.name, isVendors: node.isVendors, attributes: node.attributes, children: node.children.map(shapeOf) },
    text: node.children.length > 0 ? node.text.trim() : node.text,
  })

  it('[CAP14] are read as the parser reads them, and what the parser refuses is never taken for plain', () => {
    let plain = 0
    fc.assert(
      fc.property(fc.constantFrom(...poslogVersions), storeTransaction(), changes, (version, transaction, spoils) => {
        const document = version.document([transaction])
        const start = document.search(/<(?:p:)?Transaction[\s>]/)
        const text = spoiled(document.slice(start, document.lastIndexOf('Transaction>') + 'Transaction>'.length), spoils)
        const read = readPlainTransaction(text, 0, '')
        if (read.outcome !== 'read' || !text.startsWith('<')) return
        plain += 1
        const nodes: XmlNode[] = []
        const reader = createPoslogReader({ onRoot: () => undefined, onTransaction: (node) => void nodes.push(node) }, true)
        expect(reader.write(text.slice(0, read.end))).toEqual({ ok: true })
        expect(nodes.map(shapeOf)).toEqual([shapeOf(read.node)])
      }),
      { numRuns: 600 },
    )
    // About 172 of them are, give or take 11: this only says that the property is not about nothing.
    expect(plain).toBeGreaterThan(100)
  })

  it.each(['\u0001', '\u000b', '\r', '\ufffe', '\ud83c', '\udf75', '<', '&nbsp;', ']]>'])(
    '[CAP14] with %j in a text or a value are left to the parser',
    (odd) => {
      for (const text of [`<A>tea${odd}</A>`, `<A b="tea${odd}"/>`, `<A>${odd}</A>`, `<A b="${odd}"/>`, `<A b="\u00e9" c='${odd}'/>`])
        expect(readPlainTransaction(`<Transaction>${text}</Transaction>`, 0, ''), text).toEqual({ outcome: 'doubt' })
    },
  )

  it('[CAP14] end with their own end tag, whatever followed such a tag before', () => {
    const empty = '<Transaction></Transaction>'
    const follows = '\n<Xyz></Xyz></A></Transaction>'
    const outer = `<Transaction><A>${empty}${follows}`
    expect(readPlainTransaction(outer, 0, '')).toMatchObject({ outcome: 'read', end: outer.length, lines: 1 })
    expect(readPlainTransaction(empty + follows, 0, '')).toMatchObject({ outcome: 'read', end: empty.length, lines: 0 })
  })
})

describe('faults', () => {
  const three = [1, 2, 3].map((number) => saleOf(number, { storeId: 'S042', currency: 'EUR' }))
  const document = poslog22.document(three)
  const second = document.indexOf('<Transaction>', document.indexOf('<Transaction>') + 1)
  const spoil = (from: string, to: string): string => document.slice(0, second) + document.slice(second).replace(from, to)
  const faultOf = (text: string): CapturedItem & { outcome: 'quarantined' } => {
    const items = readDocument(text, hints)
    expect(items.map((item) => item.outcome)).toEqual(['transaction', 'quarantined', 'transaction'])
    return items[1] as CapturedItem & { outcome: 'quarantined' }
  }

  it.each([
    ['not well-formed', 'Tea<', 'Tea & Co<'],
    ['not understood', '<ExtendedAmount>3.00', '<ExtendedAmount>three'],
    ['of no known entity', 'Tea<', 'Tea&nbsp;<'],
  ])('[CAP7] keep the number, the place and the whole part: %s', (_name, from, to) => {
    const text = spoil(from, to)
    const fault = faultOf(text)
    const end = text.indexOf('</Transaction>', second) + '</Transaction>'.length
    expect(fault.claimed).toEqual({ workstationId: '34', businessDay: '2026-01-31', sequenceNumber: 2 })
    expect(fault.raw.trim()).toBe(text.slice(second, end))
    expect(fault.where).toContain('transaction 2')
    expect(fault.where).toMatch(/line \d+/)
  })

  it('[CAP7] name the line of the document, behind other faults as well', () => {
    const text = spoil('Tea<', 'Tea & Co<').replace(/3\.00(?=[^]{0,40}$)/, '3.00')
    const last = text.lastIndexOf('<Transaction>')
    const broken = text.slice(0, last) + text.slice(last).replace('<SequenceNumber>3<', '<SequenceNumber>x<')
    const [, , third] = readDocument(broken, hints)
    expect(third?.where).toBe(`transaction 3, line ${broken.slice(0, last).split('\n').length}`)
  })

  it('[CAP7] by the hundred hold up none of the sales between them', () => {
    const day = Array.from({ length: 300 }, (_, index) => saleOf(index + 1, { storeId: 'S042', currency: 'EUR' }))
    let line = 0
    const text = poslog22.document(day).replace(/Tea</g, (tea) => ((line += 1) % 4 === 0 ? 'T&a<' : tea))
    const items = readDocument(text, hints)
    const taken = items.flatMap((item) => (item.outcome === 'transaction' ? [item.transaction.sequenceNumber] : []))
    const claimed = items.flatMap((item) => (item.outcome === 'quarantined' && item.claimed ? [item.claimed.sequenceNumber] : []))
    expect([...taken, ...claimed].toSorted((a, b) => a - b)).toEqual(day.map((one) => one.sequenceNumber))
    expect(claimed.length).toBeGreaterThan(100)
  })

  it('[CAP9] behind an unknown entity a document that is cut between transactions is known to be', () => {
    const text = spoil('Tea<', 'Tea&nbsp;<')
    const cut = readDocument(text.slice(0, text.indexOf('</POSLog>')), hints)
    expect(cut.at(-1)).toMatchObject({ outcome: 'quarantined', reasons: [{ code: 'MALFORMED' }] })
  })
})
