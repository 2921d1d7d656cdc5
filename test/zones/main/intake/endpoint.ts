// Deeper in main, the same rules.
import { journal } from '../journal.ts'
import { ipcMain } from 'electron/main' // refused: no-restricted-imports
import { page } from '../../renderer/manager/page-elsewhere.ts' // refused: no-restricted-imports
import { double } from '#test/doubles/double-elsewhere.ts' // refused: no-restricted-imports

export const endpoint = [journal, ipcMain, page, double]
