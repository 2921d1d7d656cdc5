import { delimiter } from 'node:path'
import { expect, it } from 'vitest'
import { npmEnvironment } from '#scripts/npm-command.mjs'

it('runs npm on the user’s own Node: without the bin folders of any node_modules', () => {
  const path = [
    '/work/node_modules/.bin',
    '/node_modules/.bin',
    '/usr/lib/node_modules/npm/node-gyp-bin',
    '/usr/bin',
    '/opt/node_modules',
  ].join(delimiter)
  expect(npmEnvironment({ PATH: path })).toEqual({ PATH: ['/usr/bin', '/opt/node_modules'].join(delimiter) })
})

it('keeps the user’s settings and drops those of the npm run around it', () => {
  const env = {
    PATH: '',
    npm_config_cafile: '/etc/ca.pem',
    npm_config_globalconfig: '/usr/etc/npmrc',
    npm_lifecycle_event: 'test',
    npm_package_json: '/x',
  }
  expect(npmEnvironment(env)).toEqual({ PATH: '', npm_config_cafile: '/etc/ca.pem', npm_config_globalconfig: '/usr/etc/npmrc' })
})
