import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { messageId, newSecret, signedHeaders } from './signature.ts'

const body = '{"type":"availability.changed","data":{"events":[]}}'

it('[AVL24] what is signed is verified by the specification’s own library, with either secret while one is exchanged', () => {
  const [old, fresh, other] = [newSecret(), newSecret(), newSecret()]
  const headers = signedHeaders('msg_1', Date.now(), body, [fresh, old])
  expect(new Webhook(fresh).verify(body, headers)).toEqual(JSON.parse(body))
  expect(new Webhook(old).verify(body, headers)).toEqual(JSON.parse(body))
  expect(() => new Webhook(other).verify(body, headers)).toThrow(/signature/i)
  expect(() => new Webhook(fresh).verify(`${body} `, headers)).toThrow(/signature/i)
  expect(() => new Webhook(fresh).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow(/signature/i)
})

it('[AVL24] a message has its id by its content', () => {
  expect(messageId('s', [1, 2])).toBe(messageId('s', [1, 2]))
  expect(new Set([messageId('s', [1, 2]), messageId('s', [12]), messageId('t', [1, 2])]).size).toBe(3)
})
