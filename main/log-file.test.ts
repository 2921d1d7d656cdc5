import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { openLogFile } from './log-file.ts'

describe('the log file', () => {
  it('never outgrows its bounds, and the newest lines are in the newest file', () => {
    const folder = tempFolder()
    const file = join(folder, 'agent.log')
    const log = openLogFile(file, { maxBytes: 100, keep: 2 })
    for (let i = 0; i < 200; i++) log.write(`line ${String(i).padStart(4, '0')}\n`)
    log.close()
    expect(readdirSync(folder).sort()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2'])
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100)
    const kept = ['agent.log.2', 'agent.log.1', 'agent.log'].map((name) => readFileSync(join(folder, name), 'utf8')).join('')
    expect(kept.trimEnd().split('\n').slice(-20)).toEqual(Array.from({ length: 20 }, (_, i) => `line ${String(180 + i).padStart(4, '0')}`))
  })

  it('goes on where it was after a restart, and does not throw when it cannot write', () => {
    const file = join(tempFolder(), 'agent.log')
    const first = openLogFile(file, { maxBytes: 1_000, keep: 1 })
    first.write('before\n')
    first.close()
    const second = openLogFile(file, { maxBytes: 1_000, keep: 1 })
    second.write('after\n')
    second.close()
    expect(readFileSync(file, 'utf8')).toBe('before\nafter\n')
    expect(() => second.write('closed\n')).not.toThrow()
    expect(readFileSync(file, 'utf8')).toBe('before\nafter\n')
  })

  it('[CAP12] never writes into another file that took its number while it could not be opened', () => {
    const folder = tempFolder()
    const file = join(folder, 'agent.log')
    const log = openLogFile(file, { maxBytes: 20, keep: 1 })
    log.write('first line of it\n')
    // A folder in its place keeps the old one from being moved aside.
    mkdirSync(join(folder, 'agent.log.1', 'in the way'), { recursive: true })
    log.write('a second line\n')
    const other = openSync(join(folder, 'journal'), 'a')
    log.write('a third line\n')
    closeSync(other)
    expect(readFileSync(join(folder, 'journal'), 'utf8')).toBe('')
    rmSync(join(folder, 'agent.log.1'), { recursive: true })
    log.write('a fourth line\n')
    expect(readFileSync(file, 'utf8')).toBe('a fourth line\n')
    log.close()
  })
})
