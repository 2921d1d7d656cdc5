/** The tills' addresses as a table: a row is a route. Both doors, loopback and the store's network, answer the same rows. */
import type { IncomingMessage } from 'node:http'
import type { WorkstationId } from '#sync/contract/vocabulary.ts'
import { type Answer, refuse } from './answers.ts'
import type { Body } from './request-body.ts'

/** Who asks: a program on this computer, or the till whose token it is. */
export type Caller = { kind: 'this-computer' } | { kind: 'till'; workstationId: WorkstationId }

export interface Call {
  request: IncomingMessage
  /** Null on a route without a token. */
  caller: Caller | null
  /** A `:name` of the path, still encoded. */
  segment(name: string): string
  query: URLSearchParams
  body(): Promise<Body>
}

export interface Route {
  method: 'GET' | 'POST'
  /** `:name` stands for one segment. */
  path: string
  /** Needs no token. */
  open?: true
  /** Not for tills on the network. */
  onlyHere?: true
  answer(call: Call): Promise<Answer> | Answer
}

/** What a door knows of a request; `identify` is asked where the route needs a token. */
export interface Visit {
  request: IncomingMessage
  identify(): Caller | null
  body(): Promise<Body>
}

export type Router = (visit: Visit) => Promise<Answer>

const segmentsOf = (path: string): string[] => path.split('/').slice(1)

const matches = (route: Route, path: readonly string[]): boolean => {
  const wanted = segmentsOf(route.path)
  return wanted.length === path.length && wanted.every((part, at) => (part.startsWith(':') ? path[at] !== '' : part === path[at]))
}

export const createRouter = (routes: readonly Route[]): Router => {
  return async (visit) => {
    const { url = '/', method } = visit.request
    const [place = '/', query = ''] = url.split('?', 2)
    const path = segmentsOf(place)
    const here = routes.filter((route) => matches(route, path))
    if (here.length === 0) return refuse(404, 'NOT_FOUND', 'no such address; see /v1/openapi.json')
    const caller = here.every((route) => route.open) ? null : visit.identify()
    const route = here.find((one) => one.method === method)
    if (caller === null && !(route ?? here[0])?.open)
      return refuse(401, 'UNAUTHORIZED', 'the token is missing or wrong', { 'www-authenticate': 'Bearer' })
    if (!route) return notThisWay(here.map((one) => one.method).join(', '))
    if (route.onlyHere && caller?.kind === 'till') return refuse(403, 'UNAUTHORIZED', 'only programs on the store computer may ask this')
    const segment = (name: string): string => path[segmentsOf(route.path).indexOf(`:${name}`)] ?? ''
    return route.answer({ request: visit.request, caller, body: visit.body, segment, query: new URLSearchParams(query) })
  }
}

const notThisWay = (allow: string): Answer => refuse(405, 'NOT_FOUND', `only ${allow} is answered here`, { allow })
