/** A store agent in a process of its own, on the data folder of its first argument. Its states go to standard output, a line each. */
import { startStoreAgent } from '#main/store-agent.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'

const [dataDir = ''] = process.argv.slice(2)
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`)
const silent = (): void => undefined

const agent = await startStoreAgent({
  config: agentConfigSchema.parse({
    ...{ dataDir, hubUrl: 'http://127.0.0.1:1', http: { port: 0 } },
    disk: { warnBytes: 3_000_000, reserveBytes: 1_000_000 },
  }),
  identity: identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' }),
  httpToken: 'token',
  signer: createDeviceKey(),
  items: { lookup: () => Promise.resolve(null) },
  log: { info: silent, warn: (message) => say({ log: message }), error: (message) => say({ log: message }) },
})
let state = agent.state.get().disk.state
say({ disk: state })
agent.state.onChanged(() => {
  const now = agent.state.get().disk.state
  if (now !== state) say({ disk: now })
  state = now
})
say({ port: agent.httpPort })
process.on('SIGTERM', () => void agent.close().then(() => process.exit(0)))
