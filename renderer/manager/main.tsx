/** Entry of the store manager's window. */
import '@mantine/core/styles.css'
import './manager.css'
import { MantineProvider } from '@mantine/core'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { must } from '#sync/contract/assert.ts'
import { createAgentStore } from './agent-store.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { AgentStoreContext } from './hooks.ts'
import { theme } from './theme.ts'

const store = createAgentStore(window.tideline, (what) => console.error('not understood:', what))

createRoot(must(document.getElementById('root'), 'root element')).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <ErrorBoundary>
        <AgentStoreContext value={store}>
          <App />
        </AgentStoreContext>
      </ErrorBoundary>
    </MantineProvider>
  </StrictMode>,
)
