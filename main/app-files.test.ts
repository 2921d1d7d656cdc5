import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { createDevPages } from './dev-pages.ts'
import { contentSecurityPolicy, createAppFiles, hubSources, pageAddresses, resolveAppFile } from './app-files.ts'

const root = '/srv/tideline/renderer'

const site = () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'pages', 'engine'), { recursive: true })
  mkdirSync(join(folder, 'pages', 'manager'))
  writeFileSync(join(folder, 'pages', 'engine', 'index.html'), '<p>engine</p>')
  writeFileSync(join(folder, 'pages', 'manager', 'index.html'), '<p>manager</p>')
  writeFileSync(join(folder, 'secret.json'), '{"privateKey":1}')
  return folder
}
const get = (url: string) => ({ url, method: 'GET' })

describe('the app:// files', () => {
  it('live at addresses that never change: the local database belongs to them', () => {
    expect(pageAddresses).toEqual({ engine: 'app://agent/engine/index.html', manager: 'app://agent/manager/index.html' })
  })

  it('are served with their type and a policy; only the engine may reach the hub', async () => {
    const serve = createAppFiles({ root: join(site(), 'pages'), hubUrl: () => 'https://hub.example:8443/path' })
    const engine = await serve(get(pageAddresses.engine))
    expect([engine.status, await engine.text(), engine.headers.get('content-type')]).toEqual([
      200,
      '<p>engine</p>',
      'text/html; charset=utf-8',
    ])
    expect(engine.headers.get('content-security-policy')).toContain("connect-src 'self' https://hub.example:8443 wss://hub.example:8443;")
    const manager = await serve(get(pageAddresses.manager))
    expect(manager.headers.get('content-security-policy')).toContain("connect-src 'self';")
    expect(manager.headers.get('content-security-policy')).toMatch(/^default-src 'self';/)
  })

  it('before enrolment no page may reach anything', async () => {
    const serve = createAppFiles({ root: join(site(), 'pages'), hubUrl: () => undefined })
    expect((await serve(get(pageAddresses.engine))).headers.get('content-security-policy')).toContain("connect-src 'self';")
  })

  it('outside the folder are not reachable, by any spelling', async () => {
    const serve = createAppFiles({ root: join(site(), 'pages'), hubUrl: () => undefined })
    const attempts = [
      '../secret.json',
      '..%2fsecret.json',
      '%2e%2e/secret.json',
      '%2e%2e%2fsecret.json',
      '..\\secret.json',
      '..%5csecret.json',
      'engine/..%2f..%2fsecret.json',
      '%00',
      '%',
      '/etc/passwd',
    ]
    for (const attempt of attempts) expect((await serve(get(`app://agent/${attempt}`))).status, attempt).toBe(404)
    expect((await serve(get('app://other/engine/index.html'))).status).toBe(404)
    expect((await serve({ url: pageAddresses.engine, method: 'POST' })).status).toBe(405)
  })

  it('resolve below the folder or not at all, for any path', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.array(fc.constantFrom('..', '%2e%2e', '%2f', '%5c', '.', 'a', 'x.json', '/')), (path, parts) => {
        const url = `app://agent${path}/${parts.join('/')}`
        const file = URL.canParse(url) ? resolveAppFile(root, url) : null
        expect(file === null || file.startsWith(`${root}/`)).toBe(true)
      }),
    )
  })

  it('of a kind that no page needs are not served', async () => {
    const folder = site()
    symlinkSync('/etc/hostname', join(folder, 'pages', 'hostname'))
    const serve = createAppFiles({ root: join(folder, 'pages'), hubUrl: () => undefined })
    expect((await serve(get('app://agent/hostname'))).status).toBe(404)
  })

  it('name the hub by origin, http and websocket', () => {
    expect(hubSources('http://127.0.0.1:4000/x')).toEqual(['http://127.0.0.1:4000', 'ws://127.0.0.1:4000'])
    expect(contentSecurityPolicy([])).not.toContain('unsafe-eval')
  })
})

describe('the manager’s page while developing', () => {
  it('comes from the dev server under the same address; engine and assets stay as built', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('content-type', 'text/javascript').end('hot')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const devUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const serve = createDevPages(devUrl, createAppFiles({ root: join(site(), 'pages'), hubUrl: () => undefined }))
    const hot = await serve(get('app://agent/manager/main.tsx?t=1'))
    expect([await hot.text(), hot.headers.get('content-type'), asked]).toEqual(['hot', 'text/javascript', ['/manager/main.tsx?t=1']])
    expect(hot.headers.get('content-security-policy')).toContain(devUrl.replace('http', 'ws').replace(/\/$/, ''))
    expect(await (await serve(get(pageAddresses.engine))).text()).toBe('<p>engine</p>')
    expect(asked).toHaveLength(1)
  })
})
