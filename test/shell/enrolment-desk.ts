/** The one door of a hub that enrolment needs, over real HTTP: knows one code, each good once per key. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { enrolmentRequestSchema } from '#sync/contract/enrolment.ts'
import { store } from './views.ts'

export interface EnrolmentDesk {
  url: string
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || 'null')
}

const decide = (path: string | undefined, body: unknown, goodCode: string): { status: number; body: unknown } => {
  if (path !== '/v1/enrolments') return { status: 404, body: { code: 'NOT_FOUND', message: 'no such address' } }
  const request = enrolmentRequestSchema.safeParse(body)
  if (!request.success || request.data.code !== goodCode)
    return { status: 400, body: { code: 'BAD_ENROLMENT_CODE', message: 'wrong, used or expired' } }
  return { status: 201, body: store }
}

export const openEnrolmentDesk = async (goodCode: string): Promise<EnrolmentDesk> => {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = decide(request.url, body, goodCode)
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
