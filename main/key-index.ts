/**
 * Natural keys to journal numbers, 12 bytes a key: fingerprints in open addressing. A fingerprint is a hint: the caller
 * compares with the record itself, so two keys of one fingerprint cost a read and nothing else.
 */

export interface KeyIndex {
  add(key: string, seq: number): void
  /** Numbers whose key may be this one. */
  candidates(key: string): number[]
  readonly size: number
}

interface Slots {
  low: Uint32Array
  high: Uint32Array
  seqs: Uint32Array
  mask: number
}

const createSlots = (capacity: number): Slots => ({
  low: new Uint32Array(capacity),
  high: new Uint32Array(capacity),
  /** 0 is free: numbers start at 1. */
  seqs: new Uint32Array(capacity),
  mask: capacity - 1,
})

export const createKeyIndex = (): KeyIndex => {
  let slots = createSlots(1_024)
  let size = 0

  const insert = (into: Slots, low: number, high: number, seq: number): void => {
    let at = low & into.mask
    while (into.seqs[at] !== 0) at = (at + 1) & into.mask
    into.low[at] = low
    into.high[at] = high
    into.seqs[at] = seq
  }
  const grow = (): void => {
    const grown = createSlots((slots.mask + 1) * 2)
    for (let at = 0; at <= slots.mask; at += 1) {
      const seq = slots.seqs[at] ?? 0
      if (seq !== 0) insert(grown, slots.low[at] ?? 0, slots.high[at] ?? 0, seq)
    }
    slots = grown
  }
  return {
    add: (key, seq) => {
      if (size * 2 > slots.mask) grow()
      const [low, high] = fingerprint(key)
      insert(slots, low, high, seq)
      size += 1
    },
    candidates: (key) => {
      const [low, high] = fingerprint(key)
      const found: number[] = []
      for (let at = low & slots.mask; slots.seqs[at] !== 0; at = (at + 1) & slots.mask)
        if (slots.low[at] === low && slots.high[at] === high) found.push(slots.seqs[at] ?? 0)
      return found
    },
    get size() {
      return size
    },
  }
}

/** Two 32-bit mixes of the key (cyrb53's). */
const fingerprint = (key: string): [number, number] => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < key.length; i += 1) {
    const c = key.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return [a >>> 0, b >>> 0]
}
