import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newestOf, type Said } from './newest.ts'

const stream = (incarnation: string, words: string): Said[] =>
  [...words].map((identity, index) => ({ deviceId: 'dev-a', incarnation, seq: index + 1, identity }))
const newest = (...streams: Said[][]): string =>
  newestOf(streams.flat())
    .map(({ identity }) => identity)
    .join('')

describe('what still holds of what a store said', () => {
  it('is the last of one stream, by its place and not by the order of reading', () => {
    expect(newest(stream('one', 'abc').toReversed())).toBe('c')
    expect(newest()).toBe('')
  })

  it('[CAP13] a new life that carries only the beginning takes nothing back; what it says anew holds beside it', () => {
    expect(newest(stream('old', 'ab'), stream('new', 'a'))).toBe('b')
    expect(newest(stream('new', 'ab'), stream('old', 'a'))).toBe('b')
    expect(newest(stream('old', 'ab'), stream('new', 'abc'))).toBe('c')
    expect(newest(stream('old', 'ab'), stream('new', 'ac'))).toBe('cb')
    // Pruned before it was carried.
    expect(newest(stream('old', 'abc'), stream('new', 'cd'))).toBe('d')
  })

  it('lives that share nothing, or that contradict each other, have their say each', () => {
    expect(newest(stream('one', 'a'), stream('two', 'b'))).toBe('ab')
    expect(newest(stream('one', 'ab'), stream('two', 'ba'))).toBe('ba')
  })

  it('[HUB2] [CAP13] does not depend on the order of reading, and is never empty; whoever carries on the whole history decides alone', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }).map((all) => all.join(''))
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()), (all, order) => {
        const said = all.flatMap((each, index) => stream(`life${index}`, each))
        const shuffled = said
          .map((one) => ({ one, at: order.next().value as number }))
          .toSorted((x, y) => x.at - y.at)
          .map(({ one }) => one)
        expect(newestOf(shuffled)).toEqual(newestOf(said))
        expect(newestOf(said).length).toBeGreaterThan(0)
      }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { maxLength: 3 }),
        fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { minLength: 1 }),
        (cuts, history) => {
          const whole = history.join('')
          expect(newest(stream('whole', whole), ...cuts.map((cut, life) => stream(`life${life}`, whole.slice(0, cut))))).toBe(whole.at(-1))
        },
      ),
    )
  })
})
