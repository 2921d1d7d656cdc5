/** Small print for whoever is asked about it on the telephone. */
import type { AgentStatus } from '#sync/contract/ipc.ts'
import { messages } from './messages.ts'

export const Footer = ({ status }: { status: AgentStatus }) => (
  <footer className="footer">
    <span>{messages.footer.version(status.agentVersion)}</span>
    {status.capture.state === 'running' ? <span>{messages.footer.till(status.capture.httpPort)}</span> : null}
    {status.protection === 'file-permissions' ? <span>{messages.footer.weakVault}</span> : null}
  </footer>
)
