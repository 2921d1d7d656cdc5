/**
 * The Link port on socket.io-client. Websocket only; the library never reconnects by itself, core owns the backoff. Nothing is
 * emitted while disconnected (Socket.IO would buffer it). What does not parse is parked: an answer becomes a refusal, a push is dropped.
 */
import { io, type Socket } from 'socket.io-client'
import { downMessages, type DownEvent, type DownMessage } from '#sync/contract/down.ts'
import { upMessages, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import { LinkLost, type Link, type LinkHandlers } from '#sync/core/ports.ts'

export interface SocketLinkOptions {
  hubUrl: string
  /** How long one answer may take. */
  timeoutMs?: number
  /** What was not understood; `event` is the message's name. */
  onUnknown?: (event: string, payload: unknown, reason: string) => void
}

const isDownEvent = (event: string): event is DownEvent => event in downMessages

/** A websocket upgrade and its answer, without the TLS that some lines have. */
const handshakeBytes = { sent: 450, received: 200 }

/** The frame's header, and the four bytes with which a client masks what it sends. */
const frameBytes = (length: number, direction: 'sent' | 'received'): number =>
  length + (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (direction === 'sent' ? 4 : 0)

/** Text counts one byte a character, as JSON of our messages is nearly all of; bytes have no packet type before them. */
const packetBytes = ({ data }: { data?: unknown }): number => {
  if (typeof data === 'string') return data.length + 1
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 1
}

const countMoved = (socket: Socket, onMoved: NonNullable<LinkHandlers['onMoved']>): void => {
  const { engine } = socket.io
  const count =
    (direction: 'sent' | 'received') =>
    (packet: { data?: unknown }): void =>
      onMoved(direction, frameBytes(packetBytes(packet), direction))
  engine.on('packetCreate', count('sent'))
  engine.on('packet', count('received'))
  engine.once('handshake', () => {
    onMoved('sent', handshakeBytes.sent)
    onMoved('received', handshakeBytes.received)
  })
}

/** Browsers give bytes as a buffer, Node as a view of one. */
const withView = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'bytes' in answer && answer.bytes instanceof ArrayBuffer
    ? { ...answer, bytes: new Uint8Array(answer.bytes) }
    : answer

export class SocketLink implements Link {
  readonly #options: SocketLinkOptions
  #socket: Socket | null = null

  constructor(options: SocketLinkOptions) {
    this.#options = options
  }

  connect(handlers: LinkHandlers): void {
    this.close()
    const socket = io(this.#options.hubUrl, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: this.#options.timeoutMs ?? 20_000,
    })
    this.#socket = socket
    const lose = (reason: string): void => {
      if (this.#socket === socket) this.close()
      handlers.onLost(reason)
    }
    socket.on('disconnect', lose)
    socket.on('connect_error', (error) => lose(error.message))
    socket.onAny((event: string, payload: unknown) => this.#receive(handlers, event, payload))
    if (handlers.onMoved) countMoved(socket, handlers.onMoved)
  }

  async request<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E>> {
    const socket = this.#socket
    if (!socket?.connected) throw new LinkLost('not connected')
    const answer = withView(await this.#emit(socket, event, request))
    const parsed = upMessages[event].response.safeParse(answer)
    if (parsed.success) return parsed.data as UpResponse<E>
    this.#options.onUnknown?.(event, answer, parsed.error.message)
    return {
      outcome: 'refused',
      code: 'UNKNOWN_MESSAGE',
      message: `The hub's answer to ${event} is not of this protocol.`,
    } as UpResponse<E>
  }

  close(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.removeAllListeners()
    socket?.offAny()
    socket?.disconnect()
  }

  async #emit(socket: Socket, event: string, request: unknown): Promise<unknown> {
    try {
      return await socket.timeout(this.#options.timeoutMs ?? 20_000).emitWithAck(event, request)
    } catch (error) {
      throw new LinkLost(error instanceof Error ? error.message : 'no answer')
    }
  }

  #receive(handlers: LinkHandlers, event: string, payload: unknown): void {
    if (!isDownEvent(event)) return this.#options.onUnknown?.(event, payload, 'no such message in this protocol')
    const parsed = downMessages[event].safeParse(payload)
    if (!parsed.success) return this.#options.onUnknown?.(event, payload, parsed.error.message)
    handlers.onDown(event, parsed.data as DownMessage<typeof event>)
  }
}
