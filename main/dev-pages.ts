/**
 * For development alone: the manager's page comes from Vite's dev server, hot, under the address it has when built; the engine's
 * page and all assets stay as built. Its policy is looser by what Vite injects: inline scripts and the dev server's websocket.
 */
import { appHost, contentSecurityPolicy, hubSources, type AppFiles } from './app-files.ts'

const isBuilt = (pathname: string): boolean => pathname.startsWith('/engine/') || pathname.startsWith('/assets/')

export const createDevPages = (devUrl: string, built: AppFiles): AppFiles => {
  // Vite's client first tries its page's own host and only then the dev server itself.
  const sources = [`ws://${appHost}`, ...hubSources(devUrl)]
  const policy = `${contentSecurityPolicy(sources)}; script-src 'self' 'unsafe-inline'`
  return async (request) => {
    const { pathname, search } = new URL(request.url)
    if (isBuilt(pathname)) return built(request)
    const answer = await fetch(new URL(`${pathname}${search}`, devUrl))
    const headers = { 'content-type': answer.headers.get('content-type') ?? 'text/plain', 'content-security-policy': policy }
    return new Response(answer.body, { status: answer.status, headers })
  }
}
