/** The engine's ports over the bridge: each request and each answer is parsed with the contract of ipc.ts. */
import { engineToMain, pushes, type IpcRequest, type IpcResponse } from '#sync/contract/ipc.ts'
import type { JournalKeeper, JournalSource, PluSink, Probe, Signer, ViewSink } from '#sync/core/ports.ts'
import type { EngineLog } from '#sync/engine/log.ts'
import type { TidelineBridge } from '../bridge.ts'

type Method = keyof typeof engineToMain

export const ask = async <M extends Method>(
  bridge: TidelineBridge,
  method: M,
  request: IpcRequest<typeof engineToMain, M>,
): Promise<IpcResponse<typeof engineToMain, M>> =>
  engineToMain[method].response.parse(await bridge.request(method, request)) as IpcResponse<typeof engineToMain, M>

export const bridgeJournal = (bridge: TidelineBridge): JournalSource => ({
  head: () => ask(bridge, 'journal.head', null),
  read: (afterSeq, limit) => ask(bridge, 'journal.read', { afterSeq, limit }),
  onAppended: (callback) =>
    bridge.onPush((event, payload) => {
      if (event === 'journal.appended') callback(pushes['journal.appended'].parse(payload).seq)
    }),
})

export const bridgeKeeper = (bridge: TidelineBridge): JournalKeeper => ({
  acknowledged: async (incarnation, ackedSeq) => {
    await ask(bridge, 'journal.acknowledged', { incarnation, ackedSeq })
  },
  missing: () => ask(bridge, 'journal.missing', null),
  restore: (source, records) => ask(bridge, 'journal.restore', { source, records: [...records] }),
})

export const bridgeSigner = (bridge: TidelineBridge): Signer => ({ sign: (text) => ask(bridge, 'device.sign', { text }) })

export const bridgeProbe =
  (bridge: TidelineBridge): Probe =>
  () =>
    ask(bridge, 'hub.probe', null)

export const bridgePluSink = (bridge: TidelineBridge): PluSink => ({
  publish: async (publication) => {
    await ask(bridge, 'plu.publish', publication)
  },
})

export const bridgeViewSink = (bridge: TidelineBridge): ViewSink => ({
  publish: async (view) => {
    await ask(bridge, 'view.publish', view)
  },
})

/** A line that main does not take goes to the console: logging must never stop the engine. */
export const bridgeLog =
  (bridge: TidelineBridge): EngineLog =>
  (level, message, fields) => {
    ask(bridge, 'engine.log', { level, message, ...(fields ? { fields } : {}) }).catch(() => console[level](message, fields))
  }
