/** Electron's safeStorage as the vault's sealer. Linux's "basic_text" has a fixed password: that is no encryption, and not used. */
import { safeStorage } from 'electron'
import type { Sealer } from './vault-file.ts'

const encrypts = (): boolean => {
  if (!safeStorage.isEncryptionAvailable()) return false
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text'
}

export const operatingSystemSealer: Sealer = {
  available: encrypts,
  seal: (text) => safeStorage.encryptString(text),
  unseal: (sealed) => safeStorage.decryptString(sealed),
}
