import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { messageId, newSecret, signedHeaders } from './signature.ts'

const body = '{"type":"availability.changed","data":{"events":[]}}'

it('[AVL24] a signature is what the specification says: HMAC-SHA256 over id, time and body, under the secret’s bytes', () => {
  const secret = newSecret()
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`msg_1.1700000000.${body}`)
  expect(signedHeaders('msg_1', 1_700_000_000_999, body, [secret])).toEqual({
    ...{ 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000' },
    'webhook-signature': `v1,${expected.digest('base64')}`,
  })
})

it('[AVL24] what is signed is verified by the receiver’s library, with either secret while one is exchanged', () => {
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
