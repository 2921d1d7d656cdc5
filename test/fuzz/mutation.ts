/** One mutated input from a seed and its number: bytes, tokens, structure of another sample, encodings, and what is meant to exhaust a reader. */
import { seededRandom } from '#main/journal/memory-disk.ts'
import type { Sample } from './corpus.ts'

const tokens = [
  ...[
    '<',
    '>',
    '&',
    '"',
    ';',
    '|',
    ',',
    '\n',
    '\r',
    ']]>',
    '<!--',
    '-->',
    '<![CDATA[',
    '<!DOCTYPE a>',
    '&lol;',
    '<?xml version="1.0" encoding="UTF-16"?>',
  ],
  ...[
    '</Transaction>',
    '<Transaction>',
    '</SaleEvent>',
    '<SaleEvent>',
    '<OtherEvent/>',
    '-',
    '9'.repeat(30),
    '1e999',
    'NaN',
    '0x10',
    '\u0000',
    '\ufffd',
  ],
  ...[
    '\ud83d',
    '{',
    '}',
    '[',
    ']',
    '\\u0000',
    '\\',
    'VoidFlag="true" ',
    '\ufeff',
    '{"storeId":"S042"',
    '\nH|',
    '\nL|',
    '""',
    '+',
    '٣',
    'null',
    '\ufdd0',
  ],
]
const entityBomb = `<!DOCTYPE a [<!ENTITY a "aaaa">${Array.from({ length: 8 }, (_, i) => `<!ENTITY a${i} "${'&a;'.repeat(10)}">`).join('')}]>`
const bombs: readonly (() => string)[] = [
  () => entityBomb,
  () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
  () => '<a>'.repeat(2_000),
  () => '[{"a":'.repeat(2_000),
  () => ` a="${'x'.repeat(100_000)}"`,
  () => Array.from({ length: 400 }, (_, i) => ` a${i}="1"`).join(''),
  () => 'x'.repeat(150_000),
  () => `"${'x\n'.repeat(20_000)}`,
  () => '"'.repeat(20_000),
  () => '<!--'.repeat(5_000),
  () => '9'.repeat(50_000),
]

type Random = () => number
const below = (random: Random, limit: number): number => Math.floor(random() * limit)
const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T

const replaceAt = (bytes: Buffer, at: number, removed: number, inserted: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])

/** A piece of another sample, from one mark of structure to another. */
const splice = (random: Random, corpus: readonly Sample[]): Buffer => {
  const { bytes } = pick(random, corpus)
  const from = Math.max(0, bytes.indexOf(pick(random, ['<', '{', '\n', ';', '"']), below(random, bytes.length)))
  return bytes.subarray(from, from + below(random, 3_000))
}

const changeOnce = (bytes: Buffer, random: Random, corpus: readonly Sample[]): Buffer => {
  const at = below(random, bytes.length + 1)
  const choice = below(random, 100)
  if (choice < 10) return bytes.subarray(0, at)
  if (choice < 25) return replaceAt(bytes, at, 1 + below(random, 40), Buffer.alloc(0))
  if (choice < 45) return replaceAt(bytes, at, 0, Buffer.from(pick(random, tokens)))
  if (choice < 60) return replaceAt(bytes, at, 1, Buffer.from([below(random, 256)]))
  if (choice < 70) return replaceAt(bytes, at, 1, Buffer.from(String(below(random, 10))))
  if (choice < 80) return replaceAt(bytes, at, below(random, 200), splice(random, corpus))
  if (choice < 88) return replaceAt(bytes, at, 0, bytes.subarray(below(random, at + 1), at))
  if (choice < 91) return Buffer.from(bytes.toString('latin1'), 'utf16le')
  if (choice < 93)
    return Buffer.concat([
      Buffer.from(
        pick(random, [
          [0xff, 0xfe],
          [0xfe, 0xff],
          [0xef, 0xbb, 0xbf],
        ]),
      ),
      bytes,
    ])
  if (choice < 97) return replaceAt(bytes, at, 0, Buffer.from(pick(random, bombs)()))
  return Buffer.from(
    bytes.toString('latin1').replaceAll(pick(random, ['>', '"', ';', '|', '\n', '0']), pick(random, tokens)),
    'latin1',
  ).subarray(0, 400_000)
}

export interface FuzzInput extends Sample {
  random: Random
}

export const mutatedInput = (corpus: readonly Sample[], seed: number, number: number): FuzzInput => {
  const random = seededRandom((seed * 1_000_003 + number * 7_919) % 2_147_483_647)
  const sample = pick(random, corpus)
  let { bytes } = sample
  for (let left = 1 + below(random, 4); left > 0; left -= 1) bytes = changeOnce(bytes, random, corpus)
  return { bytes, hints: sample.hints, random }
}
