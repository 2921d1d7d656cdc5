/**
 * The manager's window in a plain Chromium: the built page under its real content security policy, with a bridge that
 * answers from a script. Pushes go in through `push`, requests come out in `requests`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright'
import { createAppFiles } from '#main/app-files.ts'
import type { AgentStatus, EnrolmentOutcome, ManagerView } from '#sync/contract/ipc.ts'

const site = 'https://agent.test'
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Script {
  status: AgentStatus
  view: ManagerView | null
  enrol?: EnrolmentOutcome
  syncFails?: boolean
  preview?: unknown
}

export interface ManagerPage {
  page: Page
  requests: { method: string; params: unknown }[]
  push(event: 'view.changed' | 'agent.changed', payload: unknown): Promise<void>
  screenshot(name: string): Promise<void>
}

export interface ManagerBrowser {
  open(script: Script, options?: { colorScheme?: 'light' | 'dark'; width?: number; height?: number }): Promise<ManagerPage>
  close(): Promise<void>
}

/** Runs in the page before any of its scripts. */
const installBridge = (): void => {
  const handlers = new Set<(event: string, payload: unknown) => void>()
  const scripted = window as unknown as {
    answer: (method: string, params: unknown) => Promise<unknown>
    push: (event: string, payload: unknown) => void
  }
  scripted.push = (event, payload) => handlers.forEach((handler) => handler(event, payload))
  Object.assign(window, {
    tideline: {
      request: (method: string, params: unknown) => scripted.answer(method, params),
      onRequest: () => undefined,
      onPush: (handler: (event: string, payload: unknown) => void) => {
        handlers.add(handler)
        return () => handlers.delete(handler)
      },
    },
  })
}

const answerFrom = (script: Script, method: string): unknown => {
  if (method === 'agent.status') return script.status
  if (method === 'view.get') return script.view
  if (method === 'enrolment.submit') return script.enrol ?? { outcome: 'enrolled' }
  if (method === 'diagnostics.preview') return script.preview ?? null
  if (method === 'sync.now' && script.syncFails) throw new Error('NOT_READY: starting')
  return null
}

const servePages = async (context: BrowserContext, root: string): Promise<void> => {
  const files = createAppFiles({ root, hubUrl: () => undefined })
  await context.route(`${site}/**`, async (route) => {
    const answer = await files({ url: route.request().url().replace(site, 'app://agent'), method: route.request().method() })
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    })
  })
}

export const openManagerBrowser = async (root: string, shots: string): Promise<ManagerBrowser> => {
  const profile = await mkdtemp(join(tmpdir(), 'tideline-manager-'))
  const context = await chromium.launchPersistentContext(profile, { executablePath: '/usr/bin/chromium', headless: true, args: flags })
  await servePages(context, root)
  await mkdir(shots, { recursive: true })

  const open: ManagerBrowser['open'] = async (script, { colorScheme = 'light', width = 1240, height = 860 } = {}) => {
    const page = await context.newPage()
    const requests: ManagerPage['requests'] = []
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height })
    await page.exposeFunction('answer', (method: string, params: unknown) => {
      requests.push({ method, params })
      return answerFrom(script, method)
    })
    await page.addInitScript(installBridge)
    await page.goto(`${site}/manager/index.html`)
    return {
      page,
      requests,
      push: (event, payload) =>
        page.evaluate(([e, p]) => (window as unknown as { push: (e: string, p: unknown) => void }).push(e, p), [event, payload] as const),
      screenshot: async (name) => void (await page.screenshot({ path: join(shots, `${name}.png`) })),
    }
  }
  return {
    open,
    close: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
