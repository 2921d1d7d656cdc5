/**
 * Tryton's JSON-RPC: the body has exactly `id, method, params`; any other key would turn errors into HTTP pages.
 * One session for all calls; on a 401 the call was not made, so it is made once more after one new login.
 */
import { z } from 'zod'
import type { ErpAccess } from '../../access.ts'
import { callErp, type ErpAnswer, type ErpFailure, jsonOf } from '../wire.ts'
import { classifyError, classifyStatus, type TrytonError } from './errors.ts'

/** A fault of ours or of the ERP's code; the posting worker retries it a few times. */
export class TrytonFault extends Error {
  override name = 'TrytonFault'
}

/** The user's context: company, language and so on. It is the last parameter of every model call. */
export type Context = Record<string, unknown>

export interface TrytonRpc {
  /** `method` without "model."; the context is added, with `more` over it. */
  read<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>, more?: Context): Promise<ErpAnswer<T>>
  change<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<ErpAnswer<T>>
  version(): Promise<ErpAnswer<string>>
}

interface Session {
  header: string
  context: Context
}

const envelopeSchema = z.union([z.object({ error: z.array(z.unknown()) }), z.object({ result: z.unknown() })])
const loginSchema = z.tuple([z.int(), z.string()]).rest(z.unknown())

type Raw = { raw: 'result'; result: unknown } | { raw: 'error'; error: TrytonError }

const refusedLogin: ErpFailure = { outcome: 'retry', message: "The ERP refuses the hub's user or password." }

export const createTrytonRpc = (access: ErpAccess, timeoutMs: number): TrytonRpc => {
  const base = access.url.replace(/\/+$/, '')
  const databaseUrl = `${base}/${encodeURIComponent(access.database)}/`
  let nextId = 0
  let session: Promise<ErpAnswer<Session>> | null = null

  const send = async (url: string, method: string, params: readonly unknown[], changes: boolean, authorization?: string): Promise<Raw> => {
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await callErp({ method: 'POST', url, headers, body: { id: nextId++, method, params }, timeoutMs })
    if (answer.wire !== 'answered') {
      const outcome = changes && answer.wire === 'lost' ? 'unknown' : 'retry'
      return { raw: 'error', error: { error: 'failure', failure: { outcome, message: answer.message } } }
    }
    const envelope = envelopeSchema.safeParse(jsonOf(answer.text))
    if (!envelope.success) return { raw: 'error', error: classifyStatus(answer.status, changes) }
    if ('error' in envelope.data) return { raw: 'error', error: classifyError(envelope.data.error) }
    return { raw: 'result', result: envelope.data.result }
  }

  const failureOf = (error: TrytonError, method: string): ErpFailure => {
    if (error.error === 'failure') return error.failure
    if (error.error === 'login-needed') return refusedLogin
    throw new TrytonFault(`${method}: ${error.message}`)
  }

  const login = async (): Promise<ErpAnswer<Session>> => {
    const logged = await send(databaseUrl, 'common.db.login', [access.user, { password: access.password }], false)
    if (logged.raw === 'error') return { ok: false, failure: failureOf(logged.error, 'login') }
    const parsed = loginSchema.safeParse(logged.result)
    if (!parsed.success) return { ok: false, failure: refusedLogin }
    const [userId, key] = parsed.data
    const header = `Session ${Buffer.from(`${access.user}:${userId}:${key}`).toString('base64')}`
    const preferences = await send(databaseUrl, 'model.res.user.get_preferences', [true, {}], false, header)
    if (preferences.raw === 'error') return { ok: false, failure: failureOf(preferences.error, 'get_preferences') }
    return { ok: true, value: { header, context: z.record(z.string(), z.unknown()).parse(preferences.result) } }
  }

  /** Calls that meet an ended session together share one new login; a failed one is not kept. */
  const openSession = (stale?: Session): Promise<ErpAnswer<Session>> => {
    const current = session?.catch(() => null) ?? Promise.resolve(null)
    const next = current.then(async (known): Promise<ErpAnswer<Session>> => {
      if (known?.ok && known.value !== stale) return known
      return login()
    })
    session = next
    return next
  }

  const call = async <T>(
    method: string,
    params: readonly unknown[],
    schema: z.ZodType<T>,
    changes: boolean,
    more: Context = {},
  ): Promise<ErpAnswer<T>> => {
    let stale: Session | undefined
    for (let round = 0; ; round++) {
      const opened = await openSession(stale)
      if (!opened.ok) return opened
      const answer = await send(
        databaseUrl,
        `model.${method}`,
        [...params, { ...opened.value.context, ...more }],
        changes,
        opened.value.header,
      )
      if (answer.raw === 'result') {
        const parsed = schema.safeParse(answer.result)
        if (parsed.success) return { ok: true, value: parsed.data }
        throw new TrytonFault(`${method}: the answer has an unknown shape: ${z.prettifyError(parsed.error)}`)
      }
      if (answer.error.error !== 'login-needed' || round > 0) return { ok: false, failure: failureOf(answer.error, method) }
      stale = opened.value
    }
  }

  return {
    read: (method, params, schema, more) => call(method, params, schema, false, more),
    change: (method, params, schema) => call(method, params, schema, true),
    async version() {
      const answer = await send(`${base}/`, 'common.server.version', [], false)
      return answer.raw === 'result'
        ? { ok: true, value: z.string().parse(answer.result) }
        : { ok: false, failure: failureOf(answer.error, 'version') }
    },
  }
}
