/**
 * The engine's page as it ships, built with the project's own Vite configuration, in Debian's Chromium with a profile on disk.
 * The preload's place is taken by a bridge to this process, which plays main: the journal and the sinks live here. What the page asks
 * comes over loopback HTTP, a copy from process to process as Electron's IPC is.
 */
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { chromium, type BrowserContext, type Page } from 'playwright'
import { build } from 'vite'
import { engineToMain, type IpcTable, type ManagerView } from '#sync/contract/ipc.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { AgentSide, JournalKeeper, JournalSource, RecordSource } from '#sync/core/ports.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { TidelineBridge } from '#renderer/bridge.ts'

const root = join(import.meta.dirname, '..', '..')
const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const contentTypes: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

export interface MainSide {
  journal: JournalSource
  keeper?: JournalKeeper
  agent?: AgentSide
  configuration: unknown
  sign(text: string): Promise<string>
  /** For `skipTime`. */
  skipsTime?: boolean
}

/** A page of the engine's own origin with nothing in it. */
export const blankPath = '/blank'

type Answer = (method: string, params: unknown) => Promise<unknown>

const askedOf = async (request: IncomingMessage): Promise<{ method: string; params: unknown }> =>
  (await json(request)) as { method: string; params: unknown }

/** The page builds once per process; its server's port is the origin under which Chromium keeps the data. */
export class EnginePages {
  readonly #dir: string
  readonly #server: Server
  #answer: Answer = () => Promise.reject(new Error('no engine is open'))

  private constructor(dir: string, server: Server) {
    this.#dir = dir
    this.#server = server
  }

  static async open(): Promise<EnginePages> {
    const dir = await mkdtemp(join(tmpdir(), 'tideline-engine-'))
    const site = join(dir, 'site')
    await build({
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: site, emptyOutDir: true, rolldownOptions: { input: join(root, 'renderer', 'engine', 'index.html') } },
    })
    const server = createServer((request, response) => {
      if (request.method === 'POST')
        return void askedOf(request)
          .then(({ method, params }) => pages.#answer(method, params))
          .then(
            (answer) => response.end(JSON.stringify(answer)),
            (error: unknown) => response.writeHead(500).end(String(error)),
          )
      if (request.url === blankPath) return void response.setHeader('content-type', 'text/html').end('<!doctype html>')
      const file = join(site, new URL(request.url ?? '/', 'http://localhost').pathname)
      if (!file.startsWith(site) || !existsSync(file)) return void response.writeHead(404).end()
      response.setHeader('content-type', contentTypes[extname(file)] ?? 'application/octet-stream')
      createReadStream(file).pipe(response)
    })
    const pages = new EnginePages(dir, server)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return pages
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get profile(): string {
    return join(this.#dir, 'profile')
  }

  browser(): Promise<BrowserContext> {
    return chromium.launchPersistentContext(this.profile, {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: chromiumArgs,
    })
  }

  async launch(main: MainSide): Promise<EnginePage> {
    return this.openIn(await this.browser(), main)
  }

  /** One engine at a time: the page's questions go to the one opened last. */
  async openIn(context: BrowserContext, main: MainSide): Promise<EnginePage> {
    const engine = new EnginePage(context, await context.newPage(), main)
    this.#answer = (method, params) => engine.answer(method, params)
    await engine.open(`${this.origin}/engine/index.html`)
    return engine
  }

  /** What a full disk or a corrupted LevelDB does. Only while no page is open. */
  async wipeIndexedDb(): Promise<void> {
    await rm(join(this.profile, 'Default', 'IndexedDB'), { recursive: true })
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs in the page before its scripts: what the preload would give it. */
const installBridge = (): void => {
  const page = window as unknown as {
    tideline: TidelineBridge
    engineRequest(method: string, params: unknown): Promise<unknown>
    enginePush(event: string, payload: unknown): void
    laxWrites: number
    strictWrites: number
  }
  const handlers = new Set<(event: string, payload: unknown) => void>()
  let take: (handler: (method: string, params: unknown) => Promise<unknown>) => void
  const handler = new Promise<(method: string, params: unknown) => Promise<unknown>>((resolve) => (take = resolve))
  page.tideline = {
    request: async (method, params) => {
      const answer = await fetch('/main', { method: 'POST', body: JSON.stringify({ method, params }) })
      if (!answer.ok) throw new Error(await answer.text())
      return answer.json()
    },
    onRequest: (given) => take(given),
    onPush: (given) => {
      handlers.add(given)
      return () => handlers.delete(given)
    },
  }
  page.engineRequest = async (method, params) => (await handler)(method, params)
  page.enginePush = (event, payload) => handlers.forEach((given) => given(event, payload))
  page.laxWrites = 0
  page.strictWrites = 0
  const transaction = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, names, mode, options) {
    if (mode === 'readwrite' && options?.durability === 'strict') page.strictWrites += 1
    else if (mode === 'readwrite') page.laxWrites += 1
    return transaction.call(this, names, mode, options)
  }
}

export class EnginePage {
  readonly views: ManagerView[] = []
  readonly logged: string[] = []
  readonly published: unknown[] = []
  readonly #context: BrowserContext
  readonly #page: Page
  #stopListening: () => void = () => undefined
  #onView: () => void = () => undefined

  readonly #answers: Record<string, (params: never) => Promise<unknown>>
  readonly #main: MainSide

  constructor(context: BrowserContext, page: Page, main: MainSide) {
    this.#context = context
    this.#page = page
    this.#main = main
    this.#answers = {
      'engine.configuration': () => Promise.resolve(main.configuration),
      'journal.head': () => main.journal.head(),
      'journal.read': ({ afterSeq, limit }: { afterSeq: number; limit: number }) => main.journal.read(afterSeq, limit),
      'journal.acknowledged': async ({ incarnation, ackedSeq }: { incarnation: Incarnation; ackedSeq: number }) => (
        await main.keeper?.acknowledged(incarnation, ackedSeq),
        null
      ),
      'journal.missing': async () => (await main.keeper?.missing()) ?? [],
      'journal.restore': ({ source, records }: { source: RecordSource; records: TidelineRecord[] }) =>
        main.keeper?.restore(source, records) ?? Promise.resolve({ restored: 0, refused: records.length }),
      'journal.days': async ({ limit, throughSeq }: { limit: number; throughSeq: number }) =>
        (await main.agent?.days(limit, throughSeq)) ?? [],
      'agent.facts': () => main.agent?.facts() ?? Promise.reject(new Error('no facts')),
      'diagnostics.requested': async ({ requestId, reason }: { requestId: string; reason: string }) => (
        await main.agent?.diagnosticsRequested(requestId, reason),
        null
      ),
      'hub.probe': () => Promise.resolve('nothing'),
      'device.sign': ({ text }: { text: string }) => main.sign(text),
      'plu.publish': async (publication: unknown) => (this.published.push(publication), null),
      'view.publish': async (view: ManagerView) => (this.views.push(view), this.#onView(), null),
      'engine.log': async ({ level, message, fields }: { level: string; message: string; fields?: unknown }) => (
        this.logged.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
        null
      ),
    }
  }

  async answer(method: string, params: unknown): Promise<unknown> {
    const { request } = (engineToMain as IpcTable)[method] ?? {}
    const answer = this.#answers[method]
    if (!request || !answer) throw new Error(`no such request: ${method}`)
    return answer(request.parse(params) as never)
  }

  async open(url: string): Promise<void> {
    this.#stopListening = this.#main.journal.onAppended((seq) => {
      void this.#page
        .evaluate((payload) => (window as never as { enginePush(e: string, p: unknown): void }).enginePush('journal.appended', payload), {
          seq,
        })
        .catch(() => undefined)
    })
    if (this.#main.skipsTime) await this.#page.clock.install()
    await this.#page.addInitScript(installBridge)
    await this.#page.goto(url)
  }

  request(method: string, params: unknown): Promise<unknown> {
    return this.#page.evaluate(
      ([name, given]) => (window as never as { engineRequest(m: string, p: unknown): Promise<unknown> }).engineRequest(name, given),
      [method, params] as const,
    )
  }

  async untilView(holds: (view: ManagerView) => boolean): Promise<ManagerView> {
    for (;;) {
      const last = this.views.at(-1)
      if (last && holds(last)) return last
      await new Promise<void>((resolve) => (this.#onView = resolve))
    }
  }

  /** A collection's rows as IndexedDB has them. */
  async rows(collection: string): Promise<Record<string, unknown>[]> {
    return ((await this.#ask(collection, 'getAll')) ?? []) as Record<string, unknown>[]
  }

  /** How many rows a collection has in IndexedDB. */
  async count(collection: string): Promise<number> {
    return ((await this.#ask(collection, 'count')) ?? 0) as number
  }

  /** Null while the engine has not made the collection: whoever opened it then would make an empty one, and keep the engine out. */
  #ask(collection: string, what: 'getAll' | 'count'): Promise<unknown> {
    return this.#page.evaluate(
      ([name, method]) =>
        new Promise<unknown>((resolve, reject) => {
          const open = indexedDB.open(`rxdb-dexie-tideline--0--${name}`)
          let isMissing = false
          open.onupgradeneeded = () => {
            isMissing = true
            open.transaction?.abort()
          }
          open.onerror = () => (isMissing ? resolve(null) : reject(open.error ?? new Error('not opened')))
          open.onsuccess = () => {
            const answer = open.result.transaction('docs').objectStore('docs')[method]()
            answer.onsuccess = () => (open.result.close(), resolve(answer.result))
          }
        }),
      [collection, what] as const,
    )
  }

  /** What would be due after this time is due now. */
  async skipTime(ms: number): Promise<void> {
    await this.#page.clock.fastForward(ms)
  }

  writes(): Promise<{ strict: number; lax: number }> {
    return this.#page.evaluate(() => {
      const { strictWrites, laxWrites } = window as never as { strictWrites: number; laxWrites: number }
      return { strict: strictWrites, lax: laxWrites }
    })
  }

  /** Of the page's JavaScript, garbage not counted. */
  async heapBytes(): Promise<number> {
    const session = await this.#context.newCDPSession(this.#page)
    await session.send('HeapProfiler.collectGarbage')
    return (await session.send('Runtime.getHeapUsage')).usedSize
  }

  /** The browser goes on. */
  async closePage(): Promise<void> {
    this.#stopListening()
    await this.#page.close()
  }

  async close(): Promise<void> {
    this.#stopListening()
    await this.#context.close()
  }
}
