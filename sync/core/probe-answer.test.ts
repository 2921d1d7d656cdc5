import { describe, expect, it } from 'vitest'
import { judgeProbe } from './probe-answer.ts'

const signInPage = '<!doctype html><title>Welcome to HotelNet</title>'

describe('who answers at the hub’s address', () => {
  it('[TRN16] knows the hub by what it says, also when it is not well', () => {
    expect(judgeProbe({ status: 200, text: '{"status":"ok"}' })).toBe('hub')
    expect(judgeProbe({ status: 503, text: '{"status":"unavailable","reason":"no database"}' })).toBe('hub')
  })

  it('[TRN16] tells a page in its place, a proxy, and nobody', () => {
    expect(judgeProbe({ status: 200, text: signInPage })).toBe('stranger')
    expect(judgeProbe({ status: 200, text: '{"status":"enjoy your stay"}' })).toBe('stranger')
    expect(judgeProbe({ status: 302, text: '' })).toBe('stranger')
    expect(judgeProbe({ status: 511, text: signInPage })).toBe('stranger')
    expect(judgeProbe({ status: 407, text: '' })).toBe('proxy')
    expect(judgeProbe({ status: 403, text: 'blocked by policy' })).toBe('proxy')
    expect(judgeProbe(null)).toBe('nothing')
  })

  it('[TRN16] a front whose hub is down is no sign-in page', () => {
    for (const status of [404, 429, 500, 502, 503, 504]) expect(judgeProbe({ status, text: '<h1>Bad Gateway</h1>' })).toBe('nothing')
  })
})
