/**
 * POSLog files for the watched folder, written under a name that is not looked at and then renamed. A file's sales count as answered
 * once it has left the folder; one that was set aside instead of done is a fault.
 */
import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { doneDir } from '#main/intake/folder-files.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import type { SalesLedger } from './sales-ledger.ts'
import { salesOf } from './tills.ts'

export interface DroppedFiles {
  drop(count: number): Promise<void>
  /** Answers what has left the folder; returns how many files wait. */
  collect(): Promise<number>
  /** Whether the journal has seen a part of a waiting file, and not all of it. */
  isHalfTaken(): boolean
  transactions(): number
}

interface DroppedFile {
  name: string
  sales: Transaction[]
}

export const dropFilesInto = (folder: string, ledger: SalesLedger, seed: number): DroppedFiles => {
  const nextSale = salesOf('31', seed)
  let waiting: DroppedFile[] = []
  let dropped = 0
  let transactions = 0

  return {
    drop: async (count) => {
      dropped += 1
      const name = `day-${String(dropped).padStart(4, '0')}.xml`
      const sales = Array.from({ length: count }, nextSale)
      for (const sale of sales) ledger.offer(sale)
      transactions += count
      waiting.push({ name, sales })
      await writeFile(join(folder, `${name}.part`), poslogDocument(sales))
      await rename(join(folder, `${name}.part`), join(folder, name))
    },
    collect: async () => {
      // In this order: a file on its way between the two is then seen in one of them.
      const there = await readdir(folder)
      const done = await readdir(doneDir(folder))
      const left = waiting.filter(({ name }) => !there.includes(name))
      for (const { name, sales } of left) {
        if (!done.includes(name)) throw new Error(`${name} left the folder and is not done`)
        for (const sale of sales) ledger.answer(sale)
      }
      waiting = waiting.filter((file) => !left.includes(file))
      return waiting.length
    },
    isHalfTaken: () =>
      waiting.some(({ sales }) => {
        const seen = sales.filter((sale) => ledger.sees(sale)).length
        return seen > 0 && seen < sales.length
      }),
    transactions: () => transactions,
  }
}
