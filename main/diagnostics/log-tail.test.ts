import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { logTail } from './log-tail.ts'

describe('the log’s tail', () => {
  it('[OPS7] is its newest whole lines, oldest first, across the files that were moved aside, and never over the bound', () => {
    const file = join(tempFolder(), 'agent.log')
    expect(logTail(file, 100)).toEqual([])
    writeFileSync(`${file}.2`, 'one\ntwo\n')
    writeFileSync(`${file}.1`, 'three\nfour\n')
    writeFileSync(file, 'five\nsix\n')
    expect(logTail(file, 1_000)).toEqual(['one', 'two', 'three', 'four', 'five', 'six'])
    expect(logTail(file, 17)).toEqual(['four', 'five', 'six'])
    expect(logTail(file, 8)).toEqual(['six'])
  })
})
