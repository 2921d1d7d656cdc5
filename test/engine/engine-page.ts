/**
 * The engine's page as it ships, built with the project's own Vite configuration, in Debian's Chromium with a profile on disk.
 * The preload's place is taken by a bridge to this process, which plays main: the journal and the sinks live here.
 */
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright'
import { build } from 'vite'
import { engineToMain, type IpcTable, type ManagerView } from '#sync/contract/ipc.ts'
import type { JournalSource } from '#sync/core/ports.ts'
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
  configuration: unknown
  sign(text: string): Promise<string>
}

/** The page builds once per process; its server's port is the origin under which Chromium keeps the data. */
export class EnginePages {
  readonly #dir: string
  readonly #server: Server

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
      const file = join(site, new URL(request.url ?? '/', 'http://localhost').pathname)
      if (!file.startsWith(site) || !existsSync(file)) return void response.writeHead(404).end()
      response.setHeader('content-type', contentTypes[extname(file)] ?? 'application/octet-stream')
      createReadStream(file).pipe(response)
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return new EnginePages(dir, server)
  }

  get profile(): string {
    return join(this.#dir, 'profile')
  }

  async launch(main: MainSide): Promise<EnginePage> {
    const context = await chromium.launchPersistentContext(this.profile, {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: chromiumArgs,
    })
    const page = context.pages()[0] ?? (await context.newPage())
    return EnginePage.open(context, page, main, `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/engine/index.html`)
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
    mainRequest(method: string, params: unknown): Promise<unknown>
    engineRequest(method: string, params: unknown): Promise<unknown>
    enginePush(event: string, payload: unknown): void
    laxWrites: number
    strictWrites: number
  }
  const handlers = new Set<(event: string, payload: unknown) => void>()
  let take: (handler: (method: string, params: unknown) => Promise<unknown>) => void
  const handler = new Promise<(method: string, params: unknown) => Promise<unknown>>((resolve) => (take = resolve))
  page.tideline = {
    request: (method, params) => page.mainRequest(method, params),
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

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.#page = page
  }

  static async open(context: BrowserContext, page: Page, main: MainSide, url: string): Promise<EnginePage> {
    const engine = new EnginePage(context, page)
    const answers: Record<string, (params: never) => Promise<unknown>> = {
      'engine.configuration': () => Promise.resolve(main.configuration),
      'journal.head': () => main.journal.head(),
      'journal.read': ({ afterSeq, limit }: { afterSeq: number; limit: number }) => main.journal.read(afterSeq, limit),
      'device.sign': ({ text }: { text: string }) => main.sign(text),
      'plu.publish': async (publication: unknown) => (engine.published.push(publication), null),
      'view.publish': async (view: ManagerView) => (engine.views.push(view), engine.#onView(), null),
      'engine.log': async ({ level, message, fields }: { level: string; message: string; fields?: unknown }) => (
        engine.logged.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
        null
      ),
    }
    await page.exposeFunction('mainRequest', async (method: string, params: unknown) => {
      const { request } = (engineToMain as IpcTable)[method] ?? {}
      if (!request || !answers[method]) throw new Error(`no such request: ${method}`)
      return answers[method](request.parse(params) as never)
    })
    engine.#stopListening = main.journal.onAppended((seq) => {
      void page
        .evaluate((payload) => (window as never as { enginePush(e: string, p: unknown): void }).enginePush('journal.appended', payload), {
          seq,
        })
        .catch(() => undefined)
    })
    await page.addInitScript(installBridge)
    await page.goto(url)
    return engine
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

  /** All rows of one collection, as IndexedDB holds them. */
  rows(collection: string): Promise<Record<string, unknown>[]> {
    return this.#page.evaluate(
      (name) =>
        new Promise<Record<string, unknown>[]>((resolve, reject) => {
          const open = indexedDB.open(`rxdb-dexie-tideline--0--${name}`)
          open.onerror = () => reject(open.error)
          open.onsuccess = () => {
            const all = open.result.transaction('docs').objectStore('docs').getAll()
            all.onsuccess = () => (open.result.close(), resolve(all.result as Record<string, unknown>[]))
          }
        }),
      collection,
    )
  }

  writes(): Promise<{ strict: number; lax: number }> {
    return this.#page.evaluate(() => {
      const { strictWrites, laxWrites } = window as never as { strictWrites: number; laxWrites: number }
      return { strict: strictWrites, lax: laxWrites }
    })
  }

  async close(): Promise<void> {
    this.#stopListening()
    await this.#context.close()
  }
}
