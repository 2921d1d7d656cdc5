/** The real agent where something else answers in the hub's place, and when its computer wakes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openAgentApp, type AgentApp } from './agent-app.ts'
import { openEnrolmentDesk } from './enrolment-desk.ts'

const code = 'ABCD-EFGH-JKLM'

const untilLogged = async (agent: AgentApp, text: string): Promise<void> => {
  await expect.poll(() => agent.log(), { timeout: 60_000, interval: 200 }).toContain(text)
}

/** Lets the agent enrol; to all else it answers as the network of a hotel does. */
const openPortal = async (): Promise<string> => {
  const desk = await openEnrolmentDesk(code)
  const portal = createServer((request, response) => {
    const isEnrolment = request.url === '/v1/enrolments'
    response
      .writeHead(isEnrolment ? 307 : 302, { location: isEnrolment ? `${desk.url}/v1/enrolments` : 'http://portal.invalid/login' })
      .end()
  })
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    portal.closeAllConnections()
    portal.close()
    await desk.close()
  })
  return `http://127.0.0.1:${(portal.address() as AddressInfo).port}`
}

it('[TRN16] shows that the network wants somebody to sign in, and asks at once after a sleep', async () => {
  const agent = await openAgentApp({ hubUrl: await openPortal(), enrolmentCode: code })
  onTestFinished(() => agent.close())
  await untilLogged(agent, 'NETWORK_SIGN_IN')
  const page = await agent.page('manager')
  await page.getByText('The network wants somebody to sign in first').waitFor()
  await agent.electron.evaluate(({ powerMonitor }) => powerMonitor.emit('resume'))
  await untilLogged(agent, 'this computer slept')
})
