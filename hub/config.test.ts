import { describe, expect, it } from 'vitest'
import { hubRoles, readHubConfig } from './config.ts'

describe('hub configuration', () => {
  it('has a default for everything; empty variables count as unset', () => {
    const defaults = {
      host: '127.0.0.1',
      port: 7300,
      databaseUrl: undefined,
      dataDir: '.tideline/hub',
      operatorToken: undefined,
      erp: { kind: 'none' },
      roles: [...hubRoles],
      catalogueIntervalMs: 5_000,
      priceJumpFactor: 10,
      webhookPrivateTargets: 'refuse',
      logLevel: 'info',
    }
    expect(readHubConfig({})).toEqual(defaults)
    expect(readHubConfig({ DATABASE_URL: '', TIDELINE_HUB_PORT: '', TIDELINE_ERP: undefined, UNRELATED: 'x' })).toEqual(defaults)
  })

  it('takes each variable', () => {
    expect(
      readHubConfig({
        TIDELINE_HUB_HOST: '0.0.0.0',
        TIDELINE_HUB_PORT: '0',
        DATABASE_URL: 'postgres://db/tideline',
        TIDELINE_HUB_DATA: '/srv/hub',
        TIDELINE_OPERATOR_TOKEN: 'secret-token',
        TIDELINE_ERP: 'tryton',
        TIDELINE_ERP_URL: 'https://erp.example',
        TIDELINE_ERP_USER: 'hub',
        TIDELINE_ERP_PASSWORD: 'pw',
        TIDELINE_ERP_DATABASE: 'books',
        TIDELINE_ROLES: 'gateway, worker',
        TIDELINE_CATALOGUE_INTERVAL_MS: '250',
        TIDELINE_WEBHOOK_PRIVATE_TARGETS: 'allow',
        TIDELINE_NATS_URL: 'nats://nats:4222',
        TIDELINE_NATS_STREAM: 'SHOP',
        TIDELINE_NATS_TOKEN: 'tk',
        TIDELINE_LOG: 'debug',
      }),
    ).toEqual({
      host: '0.0.0.0',
      port: 0,
      databaseUrl: 'postgres://db/tideline',
      dataDir: '/srv/hub',
      operatorToken: 'secret-token',
      erp: { kind: 'tryton', url: 'https://erp.example', user: 'hub', password: 'pw', database: 'books' },
      roles: ['gateway', 'worker'],
      catalogueIntervalMs: 250,
      priceJumpFactor: 10,
      webhookPrivateTargets: 'allow',
      nats: { url: 'nats://nats:4222', stream: 'SHOP', token: 'tk' },
      logLevel: 'debug',
    })
  })

  it.each([
    ['TIDELINE_HUB_PORT', 'http'],
    ['TIDELINE_HUB_PORT', '65536'],
    ['TIDELINE_HUB_PORT', '-1'],
    ['DATABASE_URL', 'mysql://db/tideline'],
    ['TIDELINE_OPERATOR_TOKEN', 'short'],
    ['TIDELINE_ERP', 'sap'],
    ['TIDELINE_ERP_URL', 'ftp://erp'],
    ['TIDELINE_ROLES', 'gateway,wroker'],
    ['TIDELINE_ROLES', 'worker,'],
    ['TIDELINE_PRICE_JUMP_FACTOR', '1'],
    ['TIDELINE_CATALOGUE_INTERVAL_MS', '99'],
    ['TIDELINE_CATALOGUE_INTERVAL_MS', '1.5'],
    ['TIDELINE_LOG', 'loud'],
  ])('refuses %s=%s, and names the variable and nothing else', (name, value) => {
    const read = () => readHubConfig({ TIDELINE_ERP: 'reference', [name]: value })
    expect(read).toThrow(new RegExp(`^hub configuration: ${name} [^;]*$`))
  })

  it('names all that is wrong in one line, and never shows a value', () => {
    const read = () => readHubConfig({ TIDELINE_HUB_PORT: 'x', TIDELINE_OPERATOR_TOKEN: 'pssst', TIDELINE_LOG: 'loud' })
    expect(read).toThrow(/^hub configuration: .*TIDELINE_HUB_PORT .*TIDELINE_OPERATOR_TOKEN .*TIDELINE_LOG .*$/)
    expect(read).not.toThrow(/pssst/)
  })
})
