/** The story of `npm run storms`, smaller: real hub, PostgreSQL, ERP and agents, and the same comparison at its end. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tellStorms } from '#demo/storms/story.ts'
import { createTeller } from '#demo/storms/teller.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { expect, it, onTestFinished } from 'vitest'

it('[TRN15] [TRN22] [CAP13] [PRC5] [OPS4] after days offline, a restored hub and a cloned PC each answered sale is everywhere once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-storms-'))
  // PostgreSQL runs as another user than root, and must get in.
  await chmod(dir, 0o755)
  onTestFinished(async () => {
    await removeEmbeddedPostgres(join(dir, 'database'))
    await rm(dir, { recursive: true, force: true })
  })
  const lines: string[] = []
  const teller = createTeller((line) => void lines.push(line))
  const story = await tellStorms({ dir, seed: 1, pace: { sales: 3, pauseMs: 0 }, teller })

  const untrue = story.steps.flatMap(({ claims }) => claims.filter(({ holds }) => !holds).map(({ claim }) => claim))
  expect(untrue, lines.join('\n')).toEqual([])
  expect(story.steps).toHaveLength(5)
  expect(story.proven).toBe(true)
  // Two stores, two tills each: a day, three days, two half days, and the last day at the second store.
  const sales = 4 * (3 + 9 + 4) + 2 * 3
  expect(story.report).toEqual({ captured: sales, atHub: sales, posted: sales, lost: 0, duplicated: 0, altered: 0, findings: [] })
  expect(story.rows.map(({ till, isSame }) => [till, isSame])).toEqual([
    ['S001 T1', true],
    ['S001 T2', true],
    ['S002 T1', true],
    ['S002 T2', true],
  ])
}, 300_000)
