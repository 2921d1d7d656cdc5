import { describe, expect, it } from 'vitest'
import { linkStates, type AgentStatus, type ManagerView } from '#sync/contract/ipc.ts'
import { enrolledStatus, viewWith } from '#test/shell/views.ts'
import { describeLink } from './link-words.ts'

const now = Date.parse('2026-03-02T12:00:00.000Z')
const wordsOf = (link: Partial<ManagerView['link']>, status: Partial<AgentStatus> = {}) =>
  describeLink({ ...enrolledStatus, ...status }, viewWith({ link: { ...viewWith().link, ...link } }), now, 'Europe/Berlin')

describe('the connection in words', () => {
  it('says since when, and that nothing is lost meanwhile', () => {
    expect(wordsOf({ state: 'online' })).toEqual({ tone: 'good', text: 'Connected to head office since 10:32' })
    expect(wordsOf({ state: 'offline' })).toEqual({ tone: 'bad', text: 'No connection since 10:32 — sales are kept here and will be sent' })
  })

  it('turns a refusal into what to do', () => {
    expect(wordsOf({ state: 'refused', code: 'REVOKED_DEVICE', message: 'device dev-x revoked' })).toEqual({
      tone: 'bad',
      text: 'Head office refuses the connection. Head office has blocked this computer. Sales are kept here; call head office.',
    })
    expect(wordsOf({ state: 'refused', message: 'go away' }).text).toBe('Head office refuses the connection. go away')
  })

  it('[TRN16] tells a sign-in page and a proxy from a line that is down, and says what to do', () => {
    expect(wordsOf({ state: 'offline', code: 'NETWORK_SIGN_IN' })).toEqual({
      tone: 'bad',
      text: 'No connection since 10:32. The network wants somebody to sign in first. Open a web browser on this computer and sign in. Sales are kept here.',
    })
    expect(wordsOf({ state: 'offline', code: 'PROXY_REFUSED' }).text).toContain('Tell whoever keeps the network')
  })

  it('[TRN14] a hub that lets stores in one after the other is waited for, not missed', () => {
    const { tone, text } = wordsOf({ state: 'offline', code: 'HUB_BUSY' })
    expect(tone).toBe('waiting')
    expect(text).toMatch(/^Waiting to be let in\. Many stores/)
  })

  it('[TRN15] a hub that fell back refuses nothing: it is this store that does not send', () => {
    expect(wordsOf({ state: 'refused', code: 'HUB_FELL_BACK' }).text).toMatch(/^Nothing is sent to head office\. Head office has less/)
  })

  it('[CAP12] says that sales are still taken while the engine restarts, whatever the last view said', () => {
    expect(wordsOf({ state: 'online' }, { engine: 'restarting' })).toEqual({
      tone: 'waiting',
      text: 'The local database is restarting — sales are still taken from the tills',
    })
  })

  it('has words for every state, and before the first view', () => {
    for (const state of linkStates) expect(wordsOf({ state }).text.length).toBeGreaterThan(5)
    expect(describeLink(enrolledStatus, null, now, 'UTC').text).toBe('Starting…')
  })
})
