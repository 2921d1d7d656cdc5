/** The agent's process as a service meets it: ready line, single instance, orderly end, and faults that a person must mend. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startAgentChild } from './agent-child.ts'
import { openEnrolmentDesk } from './enrolment-desk.ts'
import { tempFolder } from './temp-folder.ts'

const code = 'ABCD-EFGH-JKLM'

const openDesk = async () => {
  const desk = await openEnrolmentDesk(code)
  onTestFinished(() => desk.close())
  return desk
}

describe('the agent’s process', () => {
  it('[TRN11] enrols with its code, says when tills may send, keeps to one instance, and ends in order on SIGTERM', async () => {
    const folder = tempFolder()
    const settings = { hubUrl: (await openDesk()).url, enrolmentCode: code }
    const agent = await startAgentChild(folder, settings)
    const ready = await agent.ready
    expect(ready.dataDir).toBe(join(folder, 'data'))
    const health = await fetch(`http://127.0.0.1:${ready.httpPort}/v1/health`, {
      headers: { authorization: `Bearer ${readFileSync(ready.tillTokenFile, 'utf8').trim()}` },
    })
    expect(health.status).toBe(200)

    const second = await startAgentChild(folder, settings)
    expect(await second.ended).toMatchObject({ code: 0 })
    expect((await fetch(`http://127.0.0.1:${ready.httpPort}/v1/health`)).status).toBe(200)

    agent.kill('SIGTERM')
    const end = await agent.ended
    expect([end.code, end.signal]).toEqual([0, null])
    expect(end.stderr).toContain('The agent has stopped.')
    await expect(fetch(`http://127.0.0.1:${ready.httpPort}/v1/health`)).rejects.toThrow()
    expect(readdirSync(join(folder, 'data'))).toEqual(expect.arrayContaining(['agent.log', 'electron', 'till-token', 'vault.json']))

    const again = await startAgentChild(folder, {})
    await again.ready
    again.kill('SIGINT')
    expect(await again.ended).toMatchObject({ code: 0 })
  })

  it('names file and field of a broken configuration and ends', async () => {
    const folder = tempFolder()
    const agent = await startAgentChild(folder, { hubUrl: 'hub' })
    const end = await agent.ended
    expect(end.code).toBe(2)
    expect(end.stderr).toContain(`${join(folder, 'agent.json')} (and TIDELINE_ variables): hubUrl:`)
  })

  it('[OPS3] ends at a vault it cannot read, and leaves it as it is', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'vault.json'), '{"version":1,"protec')
    const end = await (await startAgentChild(folder, {})).ended
    expect(end.code).toBe(2)
    expect(end.stderr).toContain('cannot be used: its content is damaged. Restore it from a backup')
    expect(readFileSync(join(folder, 'data', 'vault.json'), 'utf8')).toBe('{"version":1,"protec')
  })

  it('[TRN11] without a window ends with the reason when it is not enrolled, or its code is refused', async () => {
    expect(await (await startAgentChild(tempFolder(), {})).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('This agent is not enrolled.'),
    })
    const refused = await startAgentChild(tempFolder(), { hubUrl: (await openDesk()).url, enrolmentCode: 'ZZZZ-ZZZZ-ZZZZ' })
    expect(await refused.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong, used or expired') })
  })
})
