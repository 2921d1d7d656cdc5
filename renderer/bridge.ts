/**
 * What the preload gives a page as `window.tideline`: requests to main, requests from main (engine only), and pushes. Payloads are
 * unknown here on purpose; each end parses them with sync/contract/ipc.ts.
 */

export interface TidelineBridge {
  request(method: string, params: unknown): Promise<unknown>
  /** One handler for all requests that main makes of this page. */
  onRequest(handler: (method: string, params: unknown) => Promise<unknown>): void
  /** The returned function stops listening. */
  onPush(handler: (event: string, payload: unknown) => void): () => void
}

declare global {
  interface Window {
    tideline: TidelineBridge
  }
}
