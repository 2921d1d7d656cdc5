/** Against real servers on loopback: a hub, a sign-in page in its place, a proxy, and nobody. */
import { createServer, get, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { createHubProbe } from './hub-probe.ts'

let server: Server | undefined

const serve = async (listener: RequestListener): Promise<string> => {
  const started = createServer(listener)
  server = started
  await new Promise<void>((resolve) => void started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}
const close = async (): Promise<void> => {
  server?.closeAllConnections()
  await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(null)))
  server = undefined
}
/** As Electron's: Node's own keeps a 407 to itself. */
const plainFetch = (url: string): Promise<Response> =>
  new Promise((resolve, reject) => {
    get(url, (answer) => resolve(new Response(Readable.toWeb(answer) as ReadableStream, { status: answer.statusCode ?? 0 }))).on(
      'error',
      reject,
    )
  })
const probe = (hubUrl: string | undefined) => createHubProbe(plainFetch, () => hubUrl)()

afterEach(close)

describe('who answers at the hub’s address', () => {
  it('[TRN16] a hub, asked where it says how it is', async () => {
    const asked: (string | undefined)[] = []
    const hubUrl = await serve((request, response) => {
      asked.push(request.url)
      response.setHeader('content-type', 'application/json').end('{"status":"ok"}')
    })
    expect(await probe(hubUrl)).toBe('hub')
    expect(asked).toEqual(['/healthz'])
  })

  it('[TRN16] a captive portal that sends everybody elsewhere, or shows its page at once, however long it is', async () => {
    const away = await serve((_request, response) => void response.writeHead(302, { location: 'http://portal.invalid/login' }).end())
    expect(await probe(away)).toBe('stranger')
    await close()
    const page = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const more = (): void => void (response.destroyed || response.write('<p>Welcome to HotelNet</p>'.repeat(1_000), more))
      more()
    })
    expect(await probe(page)).toBe('stranger')
  })

  it('[TRN16] a proxy that wants a name first, or forbids', async () => {
    for (const status of [407, 403]) {
      const hubUrl = await serve((_request, response) => void response.writeHead(status).end('<h1>Proxy</h1>'))
      expect(await probe(hubUrl)).toBe('proxy')
      await close()
    }
  })

  it('[TRN16] nobody: a closed port, an unfinished answer, no address', async () => {
    const hubUrl = await serve((_request, response) => void response.destroy())
    expect(await probe(hubUrl)).toBe('nothing')
    await close()
    expect(await probe(hubUrl)).toBe('nothing')
    expect(await probe(undefined)).toBe('nothing')
  })

  it('[TRN16] reads what Chromium says of a proxy’s closed tunnel and of a certificate that is not the hub’s', async () => {
    const failing = (message: string) =>
      createHubProbe(
        () => Promise.reject(new Error(message)),
        () => 'https://hub.example.com',
      )()
    expect(await failing('net::ERR_TUNNEL_CONNECTION_FAILED')).toBe('proxy')
    expect(await failing('net::ERR_CERT_COMMON_NAME_INVALID')).toBe('stranger')
    expect(await failing('Redirect was cancelled')).toBe('stranger')
    expect(await failing('net::ERR_CERT_DATE_INVALID')).toBe('nothing')
    expect(await failing('net::ERR_CONNECTION_REFUSED')).toBe('nothing')
  })
})
