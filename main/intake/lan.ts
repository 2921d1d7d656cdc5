/**
 * The tills' door on the store's network: TLS on one interface, a token for each till, the same routes as on loopback. A flooding till
 * uses up its own share and no other's. Where the interface or the configured certificate is not there yet, the door opens when it is.
 */
import type { IncomingMessage } from 'node:http'
import type { AgentConfig } from '#sync/contract/config.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentLog } from '../agent-log.ts'
import type { Admission } from './admission.ts'
import { type Answer, refuse } from './answers.ts'
import { comeAgain, createDoor } from './door.ts'
import { type LanCertificate, loadLanCertificate } from './lan-certificate.ts'
import { type Listener, startListener } from './listener.ts'
import { createRate, type RateBounds } from './rate.ts'
import { isWebPage } from './request-guard.ts'
import type { Router } from './routes.ts'
import { openTillTokens, tillTokensDir } from './till-tokens.ts'

export interface LanIntakeOptions {
  lan: NonNullable<AgentConfig['lan']>
  dataDir: string
  maxBodyBytes: number
  router: Router
  admission: Admission
  clock: Clock
  /** Milliseconds since the epoch: what a certificate's end is held against. */
  wallMs: () => number
  log: AgentLog
  rate?: RateBounds
}

export interface LanIntake {
  /** Undefined while the interface is not there. */
  port(): number | undefined
  close(): Promise<void>
}

const retryMs = 10_000
const renewEveryMs = 86_400_000
const perTill: RateBounds = { perSecond: 50, burst: 200 }
const connectionsPerAddress = 32

export const startLanIntake = async (options: LanIntakeOptions): Promise<LanIntake> => {
  const { lan, dataDir, clock, log, wallMs } = options
  const tokens = openTillTokens(tillTokensDir(dataDir), lan.workstations)
  const isInTime = createRate(options.rate ?? perTill, clock.nowMs)
  const enter = createDoor(options)
  let certificate: LanCertificate | null = null
  let listener: Listener | null = null
  let cancel = (): void => undefined
  let closed = false
  let waits = false

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (isWebPage(request)) return refuse(403, 'UNAUTHORIZED', 'only tills may ask, not web pages')
    const workstationId = tokens.whose(request)
    const who = workstationId ?? `at ${request.socket.remoteAddress ?? ''}`
    if (!isInTime(who)) return comeAgain(request, 'too many requests of one till')
    return enter(request, () => (workstationId === null ? null : { kind: 'till', workstationId }), who)
  }

  const tls = ({ cert, key }: LanCertificate) => ({ cert, key, minVersion: 'TLSv1.2' as const })

  const open = async (): Promise<void> => {
    certificate = await loadLanCertificate({ ...lan, dataDir }, wallMs())
    listener = await startListener({
      ...options,
      host: lan.host,
      port: lan.port,
      answer,
      tls: tls(certificate),
      maxConnectionsPerAddress: connectionsPerAddress,
    })
    log.info(
      `tills on the network are listened to at https://${lan.host}:${listener.port}; certificate SHA-256 ${certificate.fingerprint}`,
      {
        ...(certificate.ownFile === undefined ? {} : { certificateFile: certificate.ownFile }),
      },
    )
  }

  const renew = async (): Promise<void> => {
    const next = await loadLanCertificate({ ...lan, dataDir }, wallMs())
    if (next.fingerprint === certificate?.fingerprint) return
    certificate = next
    listener?.renewTls(tls(next))
    log.warn(`the network door has a new certificate, SHA-256 ${next.fingerprint}: tills that pin the old one must be told`)
  }

  const keepOpen = async (): Promise<void> => {
    if (listener) await renew().catch((error: unknown) => log.error(`the network door's certificate: ${wordsOf(error)}`))
    else {
      await open().catch((error: unknown) => {
        if (!waits) log.error(`tills on the network are not listened to yet: ${wordsOf(error)}; ${lan.host} is tried again`)
        waits = true
      })
    }
    if (closed) return void (await listener?.close())
    cancel = clock.after(listener ? renewEveryMs : retryMs, () => void keepOpen())
  }

  await keepOpen()
  return {
    port: () => listener?.port,
    close: async () => {
      closed = true
      cancel()
      await listener?.close()
    },
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
