/** A whole input to captured items. Whoever else waits for this thread gets a turn every `stepMs`: tills' posts come in between. */
import { setImmediate } from 'node:timers/promises'
import type { CapturedItem, CaptureHints } from '#sync/capture/captured-item.ts'
import { openDocument } from '#sync/capture/dialects.ts'
import { decodeInput } from './input-text.ts'

const largeInputBytes = 2_000_000
const stepMs = 20
const stepCharacters = 32_000

/** Time is measured, never recorded. */
export const createBreather = (): (() => Promise<void>) => {
  let turnedAt = performance.now()
  return async () => {
    if (performance.now() - turnedAt < stepMs) return
    await setImmediate()
    turnedAt = performance.now()
  }
}

const readText = async (text: string, hints: CaptureHints): Promise<CapturedItem[]> => {
  const document = openDocument(hints)
  const breathe = createBreather()
  const items: CapturedItem[] = []
  for (let at = 0; at < text.length; at += stepCharacters) {
    for (const item of document.write(text.slice(at, at + stepCharacters))) items.push(item)
    await breathe()
  }
  return [...items, ...document.end()]
}

export const readInput = async (bytes: Uint8Array, hints: CaptureHints): Promise<CapturedItem[]> => {
  const text = decodeInput(bytes, hints)
  if (bytes.length > largeInputBytes) await setImmediate()
  return readText(text, hints)
}
