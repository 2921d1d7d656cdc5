import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '#main/journal/journal.ts'
import { segmentName } from '#main/journal/segment.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openJournalCounter } from './journal-counter.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tideline-counter-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

it('counts what was added since, over segments, and a half-written last line not at all', async () => {
  const journal = await openJournal({ dir, deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'), segmentBytes: 600 })
  const counter = openJournalCounter(dir)
  for (let n = 0; n < 5; n += 1) await journal.append('transaction', `{"n":${n}}`)
  expect(await counter.count()).toMatchObject({ transaction: 5, conflict: 0, quarantine: 0 })
  await journal.append('quarantine', '{"n":5}')
  await journal.append('transaction', '{"n":6}')
  expect(await counter.count()).toMatchObject({ transaction: 6, conflict: 0, quarantine: 1 })
  await journal.close()
  await appendFile(join(dir, segmentName(journal.incarnation, 1)), 'half a line')
  expect(await counter.count()).toMatchObject({ transaction: 6, conflict: 0, quarantine: 1 })
})
