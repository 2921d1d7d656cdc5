// Well behaved: the link carries the contract's messages.
import { io } from 'socket.io-client'
import { decide } from '#sync/core/decision.ts'

export const connect = () => [io, decide]
