import { creditSchema, type Credit } from '#sync/contract/up.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCreditDesk, creditLevel } from './credit-desk.ts'

describe('credit', () => {
  it('[TRN14] is four while there is room, one when it is crowded, none when there is too much', () => {
    expect([0, 8, 31, 32, 255, 256, 5_000].map((waiting) => creditLevel(waiting, 8))).toEqual([4, 4, 4, 1, 1, 0, 0])
  })

  it('[TRN14] that was short is raised when work is done, who waits longest first, and not past what it is now', () => {
    let waiting = 300
    const desk = createCreditDesk(() => waiting, 8)
    const told: [string, Credit][] = []
    const tells = ['a', 'b', 'c'].map((name) => (credit: Credit) => void told.push([name, credit]))
    const pauses = tells.map((tell) => desk.grant(tell).afterMs ?? 0)
    expect(new Set(pauses).size).toBe(3)
    desk.eased()
    expect(told).toEqual([])
    waiting = 100
    desk.leave(tells[0]!)
    desk.eased()
    expect(told.splice(0)).toEqual([['b', { batches: 1 }]])
    desk.eased()
    desk.eased()
    expect(told.splice(0)).toEqual([['c', { batches: 1 }]])
    waiting = 0
    desk.eased()
    expect(told.splice(0)).toEqual([
      ['b', { batches: 4 }],
      ['c', { batches: 4 }],
    ])
    desk.eased()
    expect(told).toEqual([])
  })

  it('[TRN14] nobody is forgotten: once nothing waits, everybody has all of it', () => {
    const event = fc.oneof(fc.record({ grant: fc.nat(9) }), fc.record({ waiting: fc.nat(500) }), fc.constant('eased' as const))
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let waiting = 0
        const desk = createCreditDesk(() => waiting, 8)
        const has = Array.from({ length: 10 }, () => 4)
        const tells = has.map((_, store) => (credit: Credit) => {
          creditSchema.parse(credit)
          expect(credit.batches).toBeGreaterThan(has[store] ?? 0)
          has[store] = credit.batches
        })
        for (const each of events) {
          if (each === 'eased') desk.eased()
          else if ('waiting' in each) waiting = each.waiting
          else has[each.grant] = creditSchema.parse(desk.grant(tells[each.grant]!)).batches
        }
        waiting = 0
        for (let n = 0; n < 3; n++) desk.eased()
        expect(has).toEqual(Array.from({ length: 10 }, () => 4))
      }),
    )
  })
})
