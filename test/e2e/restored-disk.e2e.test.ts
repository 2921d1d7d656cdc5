/** Real processes: the back-office PC's disk is replaced by an older image of itself, Electron's local database included. */
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openJourney } from './journey.ts'

it('[CAP3] [CAP5] [CAP13] a restored store goes on by itself: every sale is at the hub once, and the log says what happened', async () => {
  const journey = await openJourney()
  const { agentDataDir } = journey
  const image = `${agentDataDir}-image`
  const allAtHub = (workstationId: string, count: number) =>
    journey.until(`${count} sales of ${workstationId} at the hub`, async () => (await journey.countAtHub(workstationId)) === count)
  try {
    await journey.sell('W1', 50)
    await allAtHub('W1', 50)
    await journey.stopAgent()
    await cp(agentDataDir, image, { recursive: true })
    await journey.startAgent()
    await journey.sell('W2', 50)
    await allAtHub('W2', 50)
    await journey.stopAgent()
    await rm(agentDataDir, { recursive: true })
    await cp(image, agentDataDir, { recursive: true })
    await journey.startAgent()
    await journey.sell('W3', 20)
    await allAtHub('W3', 20)
    expect([await journey.countAtHub('W1'), await journey.countAtHub('W2')]).toEqual([50, 50])
    const log = await readFile(join(agentDataDir, 'agent.log'), 'utf8')
    expect(log.split('This disk was restored or copied').length - 1).toBe(1)
    const { begun } = JSON.parse(await readFile(join(agentDataDir, 'journal', 'journal.json'), 'utf8')) as { begun?: { records: number } }
    expect(begun?.records).toBeGreaterThanOrEqual(50)
  } finally {
    await journey.close()
  }
}, 300_000)
