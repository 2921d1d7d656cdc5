/**
 * Folds the journal into the books, in its order, in small steps: whoever else waits for this thread gets a turn after each. Everybody
 * who asks shares one reading.
 */
import { setImmediate } from 'node:timers/promises'
import type { Journal } from '../journal/journal.ts'
import type { Books } from './books.ts'
import type { Place } from './gap-watch.ts'

const stepRecords = 100

export interface JournalFollower {
  /** The books hold everything up to this number when it resolves. */
  reach(seq: number): Promise<void>
}

export const createFollower = (journal: Pick<Journal, 'read'>, books: Books, onTouched: (place: Place) => void): JournalFollower => {
  let reading: Promise<void> = Promise.resolve()

  const foldOn = async (seq: number): Promise<void> => {
    while (books.foldedSeq < seq) {
      const page = await journal.read(books.foldedSeq, stepRecords)
      if (page.length === 0) return
      for (const record of page) {
        const place = books.fold(record)
        if (place) onTouched(place)
      }
      if (page.length === stepRecords) await setImmediate()
    }
  }
  return {
    reach: (seq) => {
      reading = reading.then(
        () => foldOn(seq),
        () => foldOn(seq),
      )
      return reading
    },
  }
}
