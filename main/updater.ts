/** Looks for newer versions where the configuration names a place, and only in the packaged app. A failure is logged, never more. */
import { app } from 'electron'
import electronUpdater from 'electron-updater'
import type { AgentLog } from './agent-log.ts'

const everyMs = 6 * 60 * 60 * 1000

export const startUpdater = (updateUrl: string | undefined, log: AgentLog): void => {
  if (!updateUrl || !app.isPackaged) return
  try {
    const updater = electronUpdater.autoUpdater
    updater.logger = null
    updater.setFeedURL({ provider: 'generic', url: updateUrl })
    updater.autoInstallOnAppQuit = true
    updater.on('error', (fault) => log.warn('Looking for an update failed.', { fault }))
    updater.on('update-downloaded', ({ version }) => log.info('An update is ready; it is installed on the next quit.', { version }))
    const look = () => void updater.checkForUpdates().catch(() => undefined)
    look()
    setInterval(look, everyMs).unref()
  } catch (fault) {
    log.warn('The updater did not start.', { fault })
  }
}
