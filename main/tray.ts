/** The tray icon: the agent's only visible sign while its window is closed. Some desktops have no tray; then there is none. */
import { Menu, nativeImage, Tray } from 'electron'

export interface TrayActions {
  open: () => void
  syncNow: () => void
  quit: () => void
}

export const createTray = (icon: string, actions: TrayActions): Tray | null => {
  try {
    const tray = new Tray(nativeImage.createFromPath(icon).resize({ width: 24, height: 24 }))
    tray.setToolTip('Tideline: keeps this store and head office in step')
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Tideline', click: actions.open },
        { label: 'Sync now', click: actions.syncNow },
        { type: 'separator' },
        { label: 'Quit', click: actions.quit },
      ]),
    )
    tray.on('click', actions.open)
    return tray
  } catch {
    return null
  }
}
