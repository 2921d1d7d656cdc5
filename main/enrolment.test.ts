import { describe, expect, it } from 'vitest'
import { createManualClock } from '#test/shell/manual-clock.ts'
import { store } from '#test/shell/views.ts'
import { enrolOnce, enrolUntilDecided, type EnrolmentAnswer, type Fetch } from './enrolment.ts'

const attempt = { hubUrl: 'http://127.0.0.1:4000', code: ' abcd-efgh-jklm ', publicKey: 'k'.repeat(60), hostName: 'pc-1' }

const hubAnswering = (status: number, body: unknown) => {
  const calls: { url: string; body: unknown }[] = []
  const fetch: Fetch = async (url, init) => {
    calls.push({ url, body: JSON.parse(init.body) })
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
  }
  return { calls, fetch }
}

describe('one attempt to enrol', () => {
  it('[TRN11] offers the public key with the tidied code and takes the identity', async () => {
    const { calls, fetch } = hubAnswering(201, store)
    expect(await enrolOnce(attempt, fetch)).toEqual({ outcome: 'enrolled', identity: store })
    expect(calls).toEqual([
      { url: 'http://127.0.0.1:4000/v1/enrolments', body: { code: 'ABCD-EFGH-JKLM', publicKey: attempt.publicKey, hostName: 'pc-1' } },
    ])
  })

  it('[TRN11] is refused in the hub’s words', async () => {
    const { fetch } = hubAnswering(400, { code: 'BAD_ENROLMENT_CODE', message: 'used' })
    expect(await enrolOnce(attempt, fetch)).toEqual({ outcome: 'refused', code: 'BAD_ENROLMENT_CODE', message: 'used' })
  })

  it('does not bother the hub with what cannot be a code or an address', async () => {
    const { calls, fetch } = hubAnswering(201, store)
    for (const code of ['', 'ABCD', 'ABCD-EFGH-JKL0', 'ABCD-EFGH-JKLM-NPQR']) {
      expect(await enrolOnce({ ...attempt, code }, fetch)).toMatchObject({ outcome: 'refused', code: 'BAD_ENROLMENT_CODE' })
    }
    for (const hubUrl of ['', 'hub', 'ftp://hub', 'file:///etc'])
      expect(await enrolOnce({ ...attempt, hubUrl }, fetch)).toMatchObject({ outcome: 'refused', code: 'INVALID' })
    expect(calls).toEqual([])
  })

  it.each([
    ['busy', 503, { code: 'HUB_UNAVAILABLE', message: 'database' }],
    ['slowing down', 429, { code: 'HUB_UNAVAILABLE', message: 'later' }],
    ['a proxy’s page', 502, '<html>Bad gateway</html>'],
    ['another server', 200, '<html>hello</html>'],
    ['an identity outside the contract', 201, { ...store, deviceId: 'x' }],
    ['nothing', 404, ''],
  ])('is undecided when the answer is %s', async (_name, status, body) => {
    expect((await enrolOnce(attempt, hubAnswering(status, body).fetch)).outcome).toBe('unreachable')
  })

  it('is undecided when nothing answers', async () => {
    expect(await enrolOnce(attempt, () => Promise.reject(new Error('ECONNREFUSED')))).toEqual({
      outcome: 'unreachable',
      message: 'http://127.0.0.1:4000 cannot be reached.',
    })
  })
})

describe('enrolling until decided', () => {
  const away: EnrolmentAnswer = { outcome: 'unreachable', message: 'away' }

  it('[TRN10] waits longer each time, with jitter, and ends with the hub’s decision', async () => {
    const clock = createManualClock()
    const askedAt: number[] = []
    const answers: EnrolmentAnswer[] = [...Array.from({ length: 8 }, () => away), { outcome: 'enrolled', identity: store }]
    const ask = async () => {
      askedAt.push(clock.nowMs())
      return answers[askedAt.length - 1]!
    }
    const messages: string[] = []
    const done = enrolUntilDecided(ask, {
      after: clock.after,
      random: () => 1,
      onUnreachable: (m) => messages.push(m),
      isCancelled: () => false,
    })
    await clock.advance(600_000)
    expect(await done).toEqual({ outcome: 'enrolled', identity: store })
    const pauses = askedAt.slice(1).map((at, index) => at - askedAt[index]!)
    expect(pauses).toEqual([1_250, 2_250, 4_250, 8_250, 16_250, 30_250, 30_250, 30_250])
    expect(messages).toHaveLength(8)
  })

  it('ends at once on a refusal, and when cancelled', async () => {
    const clock = createManualClock()
    const ports = { after: clock.after, random: () => 0, onUnreachable: () => undefined }
    const refused: EnrolmentAnswer = { outcome: 'refused', code: 'BAD_ENROLMENT_CODE', message: '' }
    expect(await enrolUntilDecided(async () => refused, { ...ports, isCancelled: () => false })).toEqual(refused)
    let asked = 0
    const done = enrolUntilDecided(async () => (asked++, away), { ...ports, isCancelled: () => asked === 3 })
    await clock.advance(10_000)
    expect([await done, asked]).toEqual([null, 3])
  })
})
