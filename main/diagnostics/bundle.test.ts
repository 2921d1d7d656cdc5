import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentConfig } from '#sync/contract/config.ts'
import type { AgentStatus, ManagerView } from '#sync/contract/ipc.ts'
import { busyView, enrolledStatus, openExceptions } from '#test/shell/views.ts'
import { type BundleInputs, bundleText } from './bundle.ts'

const alphabet = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']
const token = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 10, maxLength: 60 })
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 16 })
const names = fc.constantFrom(
  'Erika Mustermann',
  'Björn Åkesson',
  'Nguyễn Văn An',
  '山田太郎さんです',
  "O'Driscoll-Byrne",
  'erika.mustermann@example.org',
)
const secret = fc.oneof(
  token,
  digits,
  names,
  digits.map((d) => `${d.slice(0, 4)}.${d.slice(4)}`),
  digits.map((d) => d.replace(/(.{3})/g, '$1 ').trim()),
  token.map((t) => `Bearer ${t}.${t}`),
  token.map((t) => `postgres://erika:${t}@db.internal:5432/pos`),
  token.map((t) => `-----BEGIN PRIVATE KEY-----\n${t}\n-----END PRIVATE KEY-----`),
  fc.uint8Array({ minLength: 8, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
)

/** The same text in each place where a person's, a till's or a key's text can be. */
const planted = (text: string): BundleInputs => {
  const settings: Partial<AgentConfig> = {
    ...{
      dataDir: `/home/${text}`,
      hubUrl: `https://${text}@hub.example`,
      pluDir: text,
      updateUrl: text,
      mappings: [text],
      crossCheck: true,
    },
    lan: { host: text, port: 7311, certFile: text, keyFile: text, workstations: [text as never] },
    watch: { dir: text, settleMs: 300, maxFileBytes: 1_000 },
    databases: [
      {
        ...{ name: text, kind: 'postgres', connection: text, query: text, watermark: text, mapping: text },
        ...{ everyMs: 5_000, overlap: 200, batch: 500 },
      },
    ],
  }
  const exceptions = openExceptions.map((one) => ({
    ...one,
    exception: { ...one.exception, exceptionId: text, message: text, workstationId: text as never },
  }))
  const files = [{ name: text, readBytes: 1, totalBytes: 2, taken: 1 }]
  const disk = { state: 'failing', message: `cannot write: ${text}` }
  const status = {
    ...{ ...enrolledStatus, diagnosticsRequest: { requestId: 'diag-0001', reason: text } },
    capture: { ...enrolledStatus.capture, exceptions, exceptionCount: exceptions.length, files, disk },
  } as AgentStatus
  const view = busyView(3)
  view.link.message = text
  if (view.store) view.store.storeName = text
  for (const row of view.transactions)
    Object.assign(row, { recordId: text, naturalKey: text, workstationId: text, kind: text, reason: text })
  for (const row of view.priceChanges) Object.assign(row, { itemId: text, name: text })
  for (const row of view.quarantine) Object.assign(row, { recordId: text, source: text, reasons: [text], excerpt: text })
  const fields = [
    ...[
      { msg: text },
      { msg: `The till ${text} was told: ${text}`, fault: { type: 'Error', message: text, stack: `Error: ${text}\n    at ${text}` } },
    ],
    ...[
      { msg: 'x', [text]: text },
      { msg: 'x', headers: { authorization: `Bearer ${text}` }, list: [text, { deep: { deeper: text } }] },
    ],
    ...[{ msg: text.split('').join(' ') + text, time: text, level: text, pid: text }],
  ]
  return {
    ...{ requestId: 'diag-0001', madeAt: '2026-03-02T10:00:00.000Z', platform: `Linux ${text}`, uptimeSeconds: 5, settings, status, view },
    versions: { agent: '0.1.0', node: '24.0.0', electron: '33.2.1', chrome: '130' },
    journal: { incarnation: 'zq0zq1zq2zq3', seq: 5, missing: [], segments: [], otherFiles: 0 },
    logLines: [...fields.map((one) => JSON.stringify({ level: 30, time: '2026-03-02T10:00:00.000Z', ...one })), text, `{"msg":"${text}`],
  }
}

/** In JSON's spelling as well. */
const survives = (bundle: string, text: string): boolean => bundle.includes(text) || bundle.includes(JSON.stringify(text).slice(1, -1))

describe('a support bundle', () => {
  it('[OPS7] lets no planted name, token, key, number or receipt through, wherever it stands', () => {
    fc.assert(
      fc.property(secret, (text) => {
        const bundle = bundleText(planted(text))
        expect(survives(bundle, text)).toBe(false)
        for (const run of text.match(/[\p{L}\p{N}]{6,}/gu) ?? [])
          if (!/^(?:BEGIN|PRIVATE|Bearer|postgres|internal)$/.test(run)) expect(survives(bundle, run)).toBe(false)
      }),
      { numRuns: 400 },
    )
  })
  it('[OPS7] says what support needs: versions, configuration, states, the journal’s files, the log', () => {
    const view: ManagerView = { ...busyView(3), sync: { windows: [], overridden: false, caps: { metered: true, usedBytesToday: 5 } } }
    const inputs = planted('a')
    const text = bundleText({
      ...inputs,
      status: enrolledStatus,
      view,
      logLines: ['{"level":30,"time":"2026-03-02T10:00:00.000Z","msg":"The agent starts.","port":7310}'],
    })
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ part }) => part)).toEqual(['bundle', 'computer', 'configuration', 'agent', 'journal', 'engine', 'log'])
    expect(lines[2]).toMatchObject({
      hub: 'https',
      lan: { port: 7311, workstations: 1 },
      databases: [{ kind: 'postgres', everyMs: 5_000 }],
    })
    expect(lines[5]).toMatchObject({ link: { state: 'online' }, pending: { count: 8 }, sync: { caps: { metered: true } } })
    expect(lines[6]).toEqual({
      part: 'log',
      time: '2026-03-02T10:00:00.000Z',
      level: 30,
      message: 'The agent starts.',
      fields: { port: 7310 },
    })
  })
})
