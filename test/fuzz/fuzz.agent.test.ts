/** A thousand of the inputs that `npm run fuzz` reads by the hundred thousand. */
import { describe, expect, it } from 'vitest'
import { readCorpus } from './corpus.ts'
import { examine } from './examination.ts'
import { mutatedInput } from './mutation.ts'

describe('any input of any dialect', () => {
  it('[CAP7] is taken or quarantined within the contract, and crashes nothing', () => {
    const corpus = readCorpus()
    const seen: Record<string, number> = {}
    const sum = { taken: 0, quarantined: 0 }
    for (let number = 0; number < 1_000; number += 1) {
      const found = examine(mutatedInput(corpus, 7, number))
      expect(found.failure, `seed 7, input ${number}`).toBeUndefined()
      seen[found.dialect] = (seen[found.dialect] ?? 0) + 1
      sum.taken += found.taken
      sum.quarantined += found.quarantined
    }
    for (const dialect of ['poslog', 'naxml', 'delimited', 'json']) expect(seen[dialect], dialect).toBeGreaterThan(100)
    expect(Math.min(sum.taken, sum.quarantined)).toBeGreaterThan(1_000)
  })

  it('[CAP11] a document without a transaction is told, not passed over', () => {
    const [first] = readCorpus()
    for (const bytes of ['', ' ', '\ufeff', '<', '[', '{', '"', 'H|', ';', '<NAXML-POSJournal/>', '<POSLog/>', '[]'])
      expect(examine({ bytes: Buffer.from(bytes), hints: first!.hints, random: () => 0.5 }), JSON.stringify(bytes)).toMatchObject({
        taken: 0,
        quarantined: 1,
      })
  })
})
