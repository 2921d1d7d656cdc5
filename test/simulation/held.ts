/**
 * What is held anywhere: in a journal on a disk, or in the hub's log. A disaster may take the last copy of something that was answered;
 * that is noted at once, exactly, so that nothing else may be lost.
 */
import { openJournal } from '#main/journal/journal.ts'
import { type Computer, diskOf, imageOf } from './computer.ts'
import { chanceOf } from './chance.ts'
import { subjectOf, subjectOfAnswer } from './subject.ts'
import type { World } from './world.ts'

/** Looks at a copy: opening a journal changes it. */
export const subjectsOnDisk = async (computer: Computer, deviceId: Parameters<typeof openJournal>[0]['deviceId']): Promise<string[]> => {
  const chance = chanceOf(0)
  const disk = await diskOf(await imageOf(computer), chance)
  const journal = await openJournal({ dir: '/journal', deviceId, disk, random: chance.next, lock: async () => async () => undefined })
  const subjects: string[] = []
  for (let after = 0; ;) {
    const page = await journal.read(after, 500)
    subjects.push(...page.flatMap((record) => subjectOf(record) ?? []))
    const last = page.at(-1)
    if (!last) break
    after = last.seq
  }
  await journal.close()
  return subjects
}

export const noteDestroyed = async ({ agents, tills, database, destroyed, tally }: World): Promise<void> => {
  const held = new Set<string>()
  for (const { computer, identity } of agents) for (const subject of await subjectsOnDisk(computer, identity.deviceId)) held.add(subject)
  const log = await database.look<{ kind: string; payload: string }>('select kind, payload from record_log')
  for (const record of log) held.add(subjectOf(record) ?? '')
  for (const { answered } of tills)
    for (const answer of answered) {
      const subject = subjectOfAnswer(answer)
      if (held.has(subject) || destroyed.has(subject)) continue
      destroyed.add(subject)
      tally.count('answered, and destroyed with its last copy')
    }
}
