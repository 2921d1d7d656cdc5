import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { loadSettings } from './agent-config.ts'

const setUp = (content?: unknown) => {
  const dir = tempFolder()
  const file = join(dir, 'agent.json')
  if (content !== undefined) writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { dir, file }
}
const load = (argv: string[], env: Record<string, string> = {}, defaultDataDir = '/var/lib/tideline') =>
  loadSettings({ argv, env, defaultDataDir })

describe('the agent’s settings', () => {
  it('need no file at all: the window asks for the hub', () => {
    const { dir } = setUp()
    expect(load([], {}, dir)).toMatchObject({
      outcome: 'loaded',
      settings: { dataDir: dir, showWindow: true, http: { host: '127.0.0.1', port: 7310 } },
    })
  })

  it('come from the named file, the named variable, or the default folder', () => {
    const { dir, file } = setUp({ dataDir: '/data', hubUrl: 'https://hub.example' })
    const expected = { outcome: 'loaded', settings: { dataDir: '/data', hubUrl: 'https://hub.example' } }
    expect(load(['--no-sandbox', '/some/app', '--config', file])).toMatchObject(expected)
    expect(load([`--config=${file}`, '--remote-debugging-port=0'])).toMatchObject(expected)
    expect(load([], { TIDELINE_AGENT_CONFIG: file })).toMatchObject(expected)
    expect(load([], {}, dir)).toMatchObject(expected)
  })

  it('are overridden by the environment, and the code by the command line', () => {
    const { file } = setUp({ dataDir: '/data', hubUrl: 'https://a.example', enrolmentCode: 'AAAA-AAAA-AAAA' })
    const env = {
      TIDELINE_DATA_DIR: '/other',
      TIDELINE_HUB_URL: 'http://127.0.0.1:1',
      TIDELINE_ENROLMENT_CODE: 'BBBB-BBBB-BBBB',
      TIDELINE_AGENT_CONFIG: file,
    }
    expect(load([], env)).toMatchObject({ settings: { dataDir: '/other', hubUrl: 'http://127.0.0.1:1', enrolmentCode: 'BBBB-BBBB-BBBB' } })
    expect(load(['--enrol', 'CCCC-CCCC-CCCC'], env)).toMatchObject({ settings: { enrolmentCode: 'CCCC-CCCC-CCCC' } })
  })

  it.each([
    ['a wrong value', { hubUrl: 'hub' }, 'hubUrl'],
    ['a wrong nested value', { http: { port: 99_999 } }, 'http.port'],
    ['an unknown field', { hubURL: 'https://hub.example' }, 'hubURL'],
    ['a relative folder', { dataDir: 'data' }, 'dataDir: must be an absolute path'],
    ['broken JSON', '{"dataDir":', 'not valid JSON'],
    ['a list', [], 'must hold one JSON object'],
  ])('with %s are refused in one line that names file and field', (_name, content, named) => {
    const { file } = setUp(content)
    const result = load(['--config', file])
    expect(result).toMatchObject({ outcome: 'invalid', message: expect.stringContaining(named) })
    if (result.outcome !== 'invalid') throw new Error('unreachable')
    expect(result.message.startsWith(file)).toBe(true)
    expect(result.message).not.toContain('\n')
  })

  it('named but missing are an error, not a default', () => {
    expect(load(['--config', '/nowhere/agent.json'])).toEqual({ outcome: 'invalid', message: '/nowhere/agent.json: cannot be read' })
  })
})
