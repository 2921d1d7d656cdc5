/** Looks for newer versions where the configuration names a place, and only in the packaged app. A failure is logged, never more. */
import { app } from 'electron'
import electronUpdater from 'electron-updater'
import type { Logger } from 'pino'

const everyMs = 6 * 60 * 60 * 1000

export const startUpdater = (updateUrl: string | undefined, log: Logger): void => {
  if (!updateUrl || !app.isPackaged) return
  try {
    const updater = electronUpdater.autoUpdater
    updater.logger = null
    updater.setFeedURL({ provider: 'generic', url: updateUrl })
    updater.autoInstallOnAppQuit = true
    updater.on('error', (fault) => log.warn({ fault }, 'looking for an update failed'))
    updater.on('update-downloaded', ({ version }) => log.info({ version }, 'an update is ready; it is installed on the next quit'))
    const look = () => void updater.checkForUpdates().catch(() => undefined)
    look()
    setInterval(look, everyMs).unref()
  } catch (fault) {
    log.warn({ fault }, 'the updater did not start')
  }
}
