/** A till on the store's network: one POST or GET over TLS, trusting the agent's own certificate. */
import { request } from 'node:https'

export interface TillAnswer {
  status: number
  headers: Record<string, unknown>
  body: Record<string, unknown>
}

export interface TillRequest {
  port: number
  ca: string
  token?: string
  method?: string
  path?: string
  content?: unknown
  headers?: Record<string, string>
  maxVersion?: 'TLSv1.1' | 'TLSv1.2'
}

export const askOverTls = ({ port, ca, token, content, ...more }: TillRequest): Promise<TillAnswer> =>
  new Promise((resolve, reject) => {
    const body = content === undefined || typeof content === 'string' ? content : JSON.stringify(content)
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        ca,
        agent: false,
        method: more.method ?? (body === undefined ? 'GET' : 'POST'),
        path: more.path ?? '/v1/transactions',
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more.headers },
        ...(more.maxVersion ? { maxVersion: more.maxVersion, minVersion: 'TLSv1' } : {}),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
