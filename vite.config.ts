/** The two pages of the agent, built for Chromium as Electron brings it and served from app://agent/. */
import react from '@vitejs/plugin-react'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const pages = ['engine', 'manager']
const root = join(import.meta.dirname, 'renderer')

/** RxDB's dev-mode loads an outside page; it must not reach what we ship. */
const refuseDevMode: Plugin = {
  name: 'tideline:refuse-rxdb-dev-mode',
  apply: 'build',
  resolveId: (source) => {
    if (source.includes('rxdb/plugins/dev-mode')) throw new Error('rxdb dev-mode must not be bundled')
    return null
  },
}

const inputs = Object.fromEntries(
  pages.map((page) => [page, join(root, page, 'index.html')] as const).filter(([, file]) => existsSync(file)),
)

export default defineConfig({
  root,
  base: './',
  plugins: [react(), refuseDevMode],
  build: {
    target: 'chrome130',
    outDir: join(import.meta.dirname, 'dist', 'renderer'),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4_000,
    rolldownOptions: { input: inputs },
  },
  server: { host: '127.0.0.1', strictPort: false },
})
