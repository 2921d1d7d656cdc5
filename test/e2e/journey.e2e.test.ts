/**
 * The whole journey up on real processes, with real kills: after each fault the same sales are in the journal, in RxDB, in
 * the hub's log and in the ERP, once each, with equal amounts.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saleCount, openJourney, type Journey } from './journey.ts'

describe('a till sale reaches the ERP exactly once', () => {
  let journey: Journey

  beforeAll(async () => {
    journey = await openJourney()
  }, 180_000)
  afterAll(() => journey?.close(), 60_000)

  it('[OPS4] with everything up', async () => {
    await journey.sell('T1', saleCount)
    await journey.expectConserved()
  })

  it('[OPS4] [TRN1] when the hub is down while the store sells, and comes back', async () => {
    await journey.stopHub()
    await journey.sell('T2', saleCount)
    expect(await journey.countAtHub('T2')).toBe(0)
    await journey.startHub()
    await journey.expectConserved()
  })

  it('[OPS4] [CAP1] [CAP2] when the agent is killed between the answer and the sending', async () => {
    await journey.stopHub()
    await journey.sell('T3', saleCount)
    await journey.killAgent()
    await journey.startHub()
    await journey.startAgent()
    await journey.expectConserved()
  })

  it('[OPS4] [TRN4] [TRN5] when the hub is killed in the middle of a backlog', async () => {
    await journey.stopHub()
    await journey.sell('T4', saleCount)
    await journey.startHub()
    await journey.until('the first of the backlog at the hub', async () => (await journey.countAtHub('T4')) > 0)
    await journey.killHub()
    await journey.sell('T5', saleCount)
    await journey.startHub()
    await journey.expectConserved()
  })

  it('[OPS4] when the agent is killed while tills sell', async () => {
    const selling = journey.sell('T6', saleCount)
    await journey.until('half of them sold', async () => journey.soldBy('T6') >= saleCount / 2)
    await journey.killAgent()
    await journey.startAgent()
    await selling
    await journey.expectConserved()
  })

  it('[OPS4] when PostgreSQL is killed and restarted under the hub', async () => {
    const selling = journey.sell('T7', saleCount)
    await journey.until('some of them at the hub', async () => (await journey.countAtHub('T7')) > 0)
    await journey.restartPostgres()
    await selling
    await journey.expectConserved()
  })

  it('[OPS4] [HUB6] [HUB10] when the ERP is killed, then slow and failing, then back', async () => {
    await journey.killErp()
    await journey.sell('T8', saleCount)
    await journey.until('all of them at the hub', async () => (await journey.countAtHub('T8')) === saleCount)
    await journey.startErp({ latencyMs: 40, faultRate: 0.1 })
    await journey.until('some of them posted', async () => (await journey.countPosted('T8')) > 20)
    await journey.killErp()
    await journey.startErp({ latencyMs: 1, faultRate: 0 })
    await journey.expectConserved()
  })

  it('[OPS4] [CAP2] when the local database is deleted while the agent is stopped', async () => {
    await journey.stopHub()
    await journey.sell('T9', saleCount)
    await journey.stopAgent()
    await rm(join(journey.agentDataDir, 'electron'), { recursive: true, force: true })
    await journey.startHub()
    await journey.startAgent()
    await journey.expectConserved()
  })
})
