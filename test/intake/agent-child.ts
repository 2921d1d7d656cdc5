/** A store agent in a process of its own, to be killed: `node test/intake/agent-child.ts CONFIG_JSON`. */
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { silentLog } from '#main/agent-log.ts'
import { startStoreAgent } from '#main/store-agent.ts'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'

const agent = await startStoreAgent({
  config: agentConfigSchema.parse(JSON.parse(process.argv[2] ?? '')),
  identity: identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' }),
  httpToken: 'token',
  signer: createDeviceKey(),
  items: { lookup: async () => null },
  log: process.env['AGENT_LOG'] ? { info: console.error, warn: console.error, error: console.error } : silentLog,
})
process.stdout.write(`${JSON.stringify({ httpPort: agent.httpPort, lanPort: agent.lanPort() })}\n`)
