/**
 * One ERP's circuit, pure. After a few failures in a row nothing is sent until a ping answers; then one posting tries the way,
 * and only its success lets the rest follow.
 *
 *   closed ──failures──▶ open ──ping answers──▶ probing ──posted──▶ closed
 *                         ▲◀─────── still away ──────┘
 */
import { backoffMs } from './policy.ts'

export type Circuit =
  | { state: 'closed'; failures: number; pausedUntilMs: number }
  | { state: 'open'; round: number; retryAtMs: number }
  | { state: 'probing'; round: number }

export type CircuitEvent =
  | { event: 'answered' }
  | { event: 'failed'; retryAfterMs?: number | undefined }
  | { event: 'ping-answered' }
  | { event: 'ping-failed' }

export const closedCircuit: Circuit = { state: 'closed', failures: 0, pausedUntilMs: 0 }

const failuresToOpen = 3
const probeBaseMs = 500
const probeCapMs = 15_000

const open = (round: number, nowMs: number, random: number): Circuit => ({
  state: 'open',
  round,
  retryAtMs: nowMs + backoffMs(round, random, probeBaseMs, probeCapMs),
})

export const turnCircuit = (circuit: Circuit, event: CircuitEvent, nowMs: number, random: number): Circuit => {
  switch (event.event) {
    case 'answered':
      return circuit.state === 'closed' ? { ...circuit, failures: 0 } : closedCircuit
    case 'failed': {
      if (circuit.state === 'open') return circuit
      if (circuit.state === 'probing') return open(circuit.round + 1, nowMs, random)
      // "Too many requests" is the ERP answering: slow down, but it is not away.
      if (event.retryAfterMs !== undefined)
        return { ...circuit, pausedUntilMs: Math.max(circuit.pausedUntilMs, nowMs + event.retryAfterMs) }
      const failures = circuit.failures + 1
      return failures >= failuresToOpen ? open(1, nowMs, random) : { ...circuit, failures }
    }
    case 'ping-answered':
      return circuit.state === 'open' ? { state: 'probing', round: circuit.round } : circuit
    case 'ping-failed':
      return circuit.state === 'open' ? open(circuit.round + 1, nowMs, random) : circuit
  }
}

/** How many postings may be under way now. */
export const circuitAllows = (circuit: Circuit, nowMs: number, concurrency: number): number => {
  switch (circuit.state) {
    case 'open':
      return 0
    case 'probing':
      return 1
    case 'closed':
      return nowMs < circuit.pausedUntilMs ? 0 : concurrency
  }
}
