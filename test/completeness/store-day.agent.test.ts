import { describe, expect, it, vi } from 'vitest'
import { businessDay, openStore, saleAt } from './store.ts'

const missing = (numbers: string): string => `MISSING_NUMBER:34|${businessDay}|${numbers}`
const differs = `DAY_CLOSE_DIFFERS:34|${businessDay}`

describe('a store’s day', () => {
  it('[CMP3] a hole becomes an exception in plain words, and ends by itself when the number arrives', async () => {
    const store = await openStore()
    expect(await store.sell(saleAt(1), saleAt(2), saleAt(4), saleAt(40))).toBe(207)
    await store.exceptionsAre([missing('3'), missing('5-39')])
    const [range, one] = await store.exceptions()
    expect([one?.message, range?.message].sort()).toEqual([
      'Till 34: number 3 of 31 January 2026 is missing. It lies between number 2 at 08:02 and number 4 at 08:04.',
      'Till 34: numbers 5 to 39 of 31 January 2026 are missing. They lie between number 4 at 08:04 and number 40 at 08:40.',
    ])
    await store.sell(saleAt(3))
    await store.exceptionsAre([missing('5-39')])
    const records = await store.agent().journal.read(0, 100)
    const told = records
      .filter(({ kind }) => kind === 'exception')
      .map(({ payload }) => JSON.parse(payload) as { exceptionId: string; state: string })
    expect(told.filter(({ exceptionId }) => exceptionId === missing('3')).map(({ state }) => state)).toEqual(['open', 'resolved'])
    const shown = { exceptionCount: 1, days: [{ businessDay, workstations: [{ workstationId: '34' }] }] }
    await vi.waitFor(() => expect(store.agent().state.get()).toMatchObject(shown), { timeout: 5_000, interval: 20 })
  })

  it('[CMP4] the same totals in another order are the same close', async () => {
    const store = await openStore()
    await store.sell(saleAt(1))
    const tenders = [
      { kind: 'card', amountMinor: 0 },
      { kind: 'cash', amountMinor: 300 },
    ]
    const z = { workstationId: '34', businessDay, totals: { tenders } }
    expect(await store.call('/v1/day-closes', z)).toMatchObject({ status: 201 })
    const again = { ...z, totals: { tenders: tenders.toReversed() } }
    expect(await store.call('/v1/day-closes', again)).toMatchObject({ status: 200, body: { outcome: 'duplicate' } })
  })

  it('[CAP18] a receipt that does not add up is taken with a warning, and is an exception here without a record of its own', async () => {
    const store = await openStore()
    const short = saleAt(2, { tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: 250, voided: false }] })
    expect(await store.call('/v1/transactions', saleAt(1))).toMatchObject({ status: 201, body: { outcome: 'captured' } })
    const answer = await store.call('/v1/transactions', short)
    expect(answer).toMatchObject({ status: 201, body: { outcome: 'captured', warnings: [{ code: 'DOES_NOT_ADD_UP' }] } })
    expect(JSON.stringify(answer.body)).toContain('total 3.00 USD, lines 3.00 USD, net and tax 3.00 USD, tenders 2.50 USD')
    expect(await store.sell(saleAt(1, { operatorId: 'somebody else' }))).toBe(409)
    const { recordId } = answer.body as { recordId: string }
    const shown = [`DOES_NOT_ADD_UP:${recordId}`, `KEY_CONFLICT:${recordId.replace(/2$/, '3')}`]
    await store.exceptionsAre(shown)
    await vi.waitFor(() => expect(store.agent().state.get().exceptionCount).toBe(2), { timeout: 5_000, interval: 20 })
    await store.restart()
    await store.exceptionsAre(shown)
    expect((await store.agent().journal.read(0, 100)).map(({ kind }) => kind)).toEqual(['transaction', 'transaction', 'conflict'])
  })

  it('[CMP3] raises nothing twice over restarts, and resolves what arrived while nobody looked', async () => {
    const store = await openStore()
    await store.sell(saleAt(1), saleAt(3))
    await store.exceptionsAre([missing('2')])
    await store.restart()
    await store.exceptionsAre([missing('2')])
    await store.sell(saleAt(5))
    await store.exceptionsAre([missing('2'), missing('4')])
    await store.sell(saleAt(2))
    await store.stop()
    await store.restart()
    await store.exceptionsAre([missing('4')])
    const records = await store.agent().journal.read(0, 100)
    expect(records.filter(({ kind }) => kind === 'exception')).toHaveLength(3)
  })

  it('[CMP3] waits for the grace time, and an explained number is not missing', async () => {
    const store = await openStore({ graceMinutes: 60 })
    await store.sell(saleAt(1), saleAt(3), saleAt(4, { kind: 'cancelled' }))
    await vi.waitFor(() => expect(store.agent().state.get().days[0]?.workstations[0]?.ledger.missing).toEqual([{ from: 2, to: 2 }]), {
      timeout: 5_000,
      interval: 20,
    })
    expect(await store.exceptions()).toEqual([])
    expect(await store.day()).toMatchObject({ workstations: [{ ledger: { seen: 3, explained: { cancelled: 1 } }, close: 'open' }] })
  })

  it('[CMP4] [CMP5] a Z report is compared, a difference names both figures, and a later close ends it', async () => {
    const store = await openStore()
    await store.sell(saleAt(1), saleAt(2))
    const z = {
      workstationId: '34',
      businessDay,
      totals: { transactionCount: 3, grandMinor: 900, tenders: [{ kind: 'cash', amountMinor: 900 }] },
    }
    const closed = await store.call('/v1/day-closes', z)
    expect(closed).toMatchObject({
      status: 201,
      body: {
        outcome: 'closed',
        differences: [
          { till: 3, agent: 2 },
          { till: 900, agent: 600 },
          { till: 900, agent: 600 },
        ],
      },
    })
    await store.exceptionsAre([differs])
    expect(await store.exceptions()).toMatchObject([
      {
        message:
          'Till 34: its own totals of 31 January 2026 and what was received here are not the same: ' +
          'transactions: till 3, received here 2; total: till 9.00 USD, received here 6.00 USD; paid by cash: till 9.00 USD, received here 6.00 USD.',
        amountMinor: 300,
        currency: 'USD',
      },
    ])
    expect(await store.call('/v1/day-closes', z)).toMatchObject({ status: 200, body: { outcome: 'duplicate' } })
    await store.sell(saleAt(3))
    await store.exceptionsAre([])
    expect(await store.day()).toMatchObject({ workstations: [{ close: 'agrees', totals: { grandMinor: 900 }, differences: [] }] })
  })

  it('[CMP4] a Z report that comes as a transaction closes the day by itself', async () => {
    const store = await openStore()
    const tillTotals = { transactionCount: 2, grandMinor: 600, taxes: [{ code: 'A', taxMinor: 120 }] }
    await store.sell(saleAt(1), saleAt(2), saleAt(3, { kind: 'settlement', tillTotals, lineItems: [], tenders: [], taxes: [] }))
    await vi.waitFor(async () => expect(await store.day()).toMatchObject({ workstations: [{ close: 'agrees' }] }), {
      timeout: 5_000,
      interval: 20,
    })
    await store.restart()
    await store.agent().journal.head()
    expect((await store.agent().journal.read(0, 100)).filter(({ kind }) => kind === 'day-close')).toHaveLength(1)
  })

  it('[CMP4] refuses what is no day close, with the name of the field, and records nothing', async () => {
    const store = await openStore()
    const z = { workstationId: '34', businessDay, totals: { grandMinor: 0 } }
    const answers = await Promise.all(
      ['{', { ...z, storeId: '8' }, { ...z, totals: { grandMinor: 0.5 } }, { ...z, extra: 1 }, [z, { ...z, businessDay: 'today' }], []].map(
        (body) => store.call('/v1/day-closes', body),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 422, 422, 422, 422])
    expect(answers[2]?.body).toMatchObject({ message: expect.stringContaining('totals.grandMinor') })
    expect(answers[4]?.body).toMatchObject({ message: expect.stringContaining('1.businessDay') })
    expect((await store.agent().journal.head()).seq).toBe(0)
    expect(await store.call('/v1/days/2026-01-30')).toMatchObject({ status: 404 })
    expect(await store.call('/v1/day-closes', [z, z])).toMatchObject({ status: 207 })
  })

  it('[CMP5] the statement names exactly the record before it, also while tills sell on', async () => {
    const store = await openStore()
    await store.sell(saleAt(1))
    const selling = Array.from({ length: 60 }, (_, i) => store.sell(saleAt(i + 2)))
    const closing = Array.from({ length: 5 }, (_, i) =>
      store.call('/v1/day-closes', { workstationId: '34', businessDay, totals: { transactionCount: i } }),
    )
    await Promise.all([...selling, ...closing])
    const records = await store.agent().journal.read(0, 500)
    const closes = records.filter(({ kind }) => kind === 'day-close')
    expect(closes.length).toBeGreaterThanOrEqual(5)
    for (const { seq, previousHash, payload } of closes) {
      const { statement } = JSON.parse(payload) as { statement: string }
      const { chain, workstations } = JSON.parse(statement) as { chain: object; workstations: { totals: { transactionCount: number } }[] }
      expect(chain).toMatchObject({ firstSeq: 1, headSeq: seq - 1, headHash: previousHash })
      expect(workstations[0]?.totals.transactionCount).toBe(records.filter((one) => one.seq < seq && one.kind === 'transaction').length)
    }
  })
})
