/**
 * A bad line between two network namespaces, packet by packet: what `tc netem` does, in this process, because not every kernel has it.
 *
 *   program ─ TCP of this kernel ─ tunnel device ─ socat ═ delay, loss, rate, cut ═ socat ─ tunnel device ─ TCP ─ program
 *
 * Each end's socat reads frames of one fixed size, so that no two packets become one; the kernel drops what is behind a packet's end.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { seededRandom } from '#demo/seeded-random.ts'
import { must } from '#sync/contract/assert.ts'
import { addNamespace, type Namespace } from './namespace.ts'
import { createPacketCutter } from './packets.ts'

export interface LineFaults {
  /** One way. */
  delayMs: number
  /** Of 1. */
  loss: number
  /** Each way; without it, as fast as it goes. */
  kilobitPerSecond?: number
}

export interface Line {
  hubSide: Namespace & { address: string }
  storeSide: Namespace & { address: string }
  set(faults: LineFaults): void
  cut(): void
  mend(): void
  carried(): { packets: number; lost: number; bytes: number }
  close(): Promise<void>
}

const frameBytes = 1_400
const mtu = 1_300
/** A router's buffer: what would wait longer is dropped. */
const maxQueueMs = 4_000
const device = 'tideline0'

const startTunnel = async (namespace: Namespace, address: string): Promise<ChildProcess> => {
  const tunnel = `TUN:${address}/24,tun-type=tun,tun-name=${device},iff-no-pi,iff-up`
  const child = namespace.spawn('socat', ['-b', String(frameBytes), tunnel, 'STDIO'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const failed = once(child, 'exit').then(() => {
    throw new Error('the tunnel device could not be opened')
  })
  failed.catch(() => undefined)
  const raise = async (): Promise<void> => {
    for (;;) {
      const up = await namespace.run('ip', ['link', 'set', device, 'mtu', String(mtu)]).catch(() => null)
      if (up !== null) return
    }
  }
  await Promise.race([raise(), failed])
  return child
}

export const openLine = async (name: string, seed: number): Promise<Line> => {
  const [hubAddress, storeAddress] = ['10.77.0.1', '10.77.0.2']
  const hubSide = await addNamespace(`${name}-hub`)
  const storeSide = await addNamespace(`${name}-store`)
  const hubEnd = await startTunnel(hubSide, hubAddress)
  const storeEnd = await startTunnel(storeSide, storeAddress)
  const random = seededRandom(seed)
  const carried = { packets: 0, lost: 0, bytes: 0 }
  const timers = new Set<NodeJS.Timeout>()
  let faults: LineFaults = { delayMs: 0, loss: 0 }
  let isCut = false

  const deliver = (to: ChildProcess, packet: Buffer): void => {
    const input = must(to.stdin, 'stdin')
    if (input.writableNeedDrain) return void (carried.lost += 1)
    const frame = Buffer.alloc(frameBytes)
    packet.copy(frame)
    input.write(frame)
  }
  const carry = (from: ChildProcess, to: ChildProcess): void => {
    const cutPackets = createPacketCutter()
    let freeAtMs = 0
    to.stdin?.on('error', () => undefined)
    must(from.stdout, 'stdout').on('data', (chunk: Buffer) => {
      for (const packet of cutPackets(chunk)) {
        const nowMs = performance.now()
        const queuedMs = Math.max(0, freeAtMs - nowMs)
        if (isCut || packet.length > frameBytes || random() < faults.loss || queuedMs > maxQueueMs) {
          carried.lost += 1
          continue
        }
        const sendingMs = faults.kilobitPerSecond === undefined ? 0 : (packet.length * 8) / faults.kilobitPerSecond
        freeAtMs = nowMs + queuedMs + sendingMs
        carried.packets += 1
        carried.bytes += packet.length
        const timer = setTimeout(
          () => {
            timers.delete(timer)
            deliver(to, packet)
          },
          queuedMs + sendingMs + faults.delayMs,
        )
        timers.add(timer)
      }
    })
  }
  carry(hubEnd, storeEnd)
  carry(storeEnd, hubEnd)

  return {
    hubSide: { ...hubSide, address: hubAddress },
    storeSide: { ...storeSide, address: storeAddress },
    set: (next) => (faults = next),
    cut: () => (isCut = true),
    mend: () => (isCut = false),
    carried: () => ({ ...carried }),
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      for (const end of [hubEnd, storeEnd]) {
        const ended = once(end, 'exit')
        end.kill('SIGKILL')
        await ended
      }
      await Promise.all([hubSide.remove(), storeSide.remove()])
    },
  }
}
