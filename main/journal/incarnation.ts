/** A new life of the disk gets twelve new letters or digits. */
import { randomInt } from 'node:crypto'
import type { Incarnation } from '#sync/contract/vocabulary.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** `random` gives numbers in [0, 1). */
export const newIncarnation = (random: () => number = () => randomInt(2 ** 32) / 2 ** 32): Incarnation =>
  Array.from({ length: 12 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('') as Incarnation
