/**
 * One run of the loop: tills sell and files are dropped without pause, while the agent is killed at seeded moments and started again
 * on the same data folder. After each kill all that was answered is looked for in the journal, and what the kill before left must
 * have come through the restart; at the end the whole journal is read once more and must hold every sale once, and nothing else.
 *
 *   start ─▶ first answer ─▶ 0 to 1500 ms ─▶ kill -9 ─▶ compare ─▶ start …
 *                every fifth kill comes during start-up itself
 */
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '#demo/seeded-random.ts'
import { type DroppedFiles, dropFilesInto } from './dropped-files.ts'
import { followJournal, type JournalFollower } from './journal-follower.ts'
import { createSalesLedger, type Losses, type SalesLedger } from './sales-ledger.ts'
import { runTill, type SellingTill } from './tills.ts'
import { enrolVictim, type Victim } from './victim.ts'

export interface KillRunOptions {
  dir: string
  /** The application folder: the checkout, or a copy of its build. */
  appDir: string
  kills: number
  seed: number
  progress: (line: string) => void
}

export interface KillReport extends Losses {
  kills: number
  duringStart: number
  /** Kills that left a file half in the journal. */
  amidFile: number
  answered: number
  /** Sales sent more than once, and how many of them the journal had by then. */
  repeated: number
  hadAlready: number
  fileTransactions: number
  records: number
  /** From the start of the process to the first answer at a till. */
  restartsMs: { median: number; max: number }
}

const answerWithinMs = 30_000
const longestLifeMs = 1_500
const startUpKillEvery = 5
const largeFileEvery = 5
const largeFile = 5_000
const smallFile = 20

interface Stand {
  victim: Victim
  ledger: SalesLedger
  files: DroppedFiles
  tills: SellingTill[]
  follower: JournalFollower
}

const openStand = async ({ dir, appDir, seed }: KillRunOptions): Promise<Stand> => {
  const victim = await enrolVictim(dir, appDir)
  const follower = await followJournal(victim.folders.journal)
  const ledger = createSalesLedger()
  const tills = ['1', '2', '3', '4', '5', '6'].map((workstationId, index) =>
    runTill(victim, ledger, index % 3 === 2 ? 'poslog' : 'json', workstationId, seed + index),
  )
  // Looked at where the loop waits for them; until then no fault may end the process unheard.
  for (const till of tills) till.done.catch(() => undefined)
  const files = dropFilesInto(victim.folders.watched, ledger, seed + tills.length)
  return { victim, ledger, files, tills, follower }
}

const until = async (what: string, { victim, tills }: Stand, holds: () => Promise<boolean> | boolean): Promise<void> => {
  const failed = Promise.all(tills.map(({ done }) => done)).then(() => undefined)
  for (const deadline = performance.now() + answerWithinMs; !(await holds()); await Promise.race([delay(3), failed.then(() => delay(3))])) {
    if (!victim.runs()) throw new Error(`the agent ended by itself; see ${victim.folders.log}`)
    if (performance.now() > deadline) throw new Error(`waited ${answerWithinMs / 1_000} s in vain for ${what}; see ${victim.folders.log}`)
  }
}

/** Starts the agent and waits for a till's first answer; returns how long that took. */
const restart = async (stand: Stand): Promise<number> => {
  const { victim, ledger } = stand
  const before = ledger.answered()
  const startedAt = performance.now()
  victim.start()
  await until('the first answer', stand, () => ledger.answered() > before)
  return performance.now() - startedAt
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const medianOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

export const runKillLoop = async (options: KillRunOptions): Promise<KillReport> => {
  const { kills, seed, progress } = options
  const random = seededRandom(seed)
  const stand = await openStand(options)
  const { victim, ledger, files, tills, follower } = stand
  const restartsMs: number[] = []
  let duringStart = 0
  let amidFile = 0

  const dropFiles = async (kill: number): Promise<void> => {
    const waiting = await files.collect()
    if (kill % largeFileEvery === 1) await files.drop(largeFile)
    else if (waiting === 0) await files.drop(smallFile)
  }

  const compare = async (): Promise<boolean> => {
    await follower.follow(ledger.see)
    ledger.settle(ledger.answered())
    return files.isHalfTaken()
  }

  const killDuringStart = async (): Promise<string> => {
    duringStart += 1
    const lifeMs = random() * medianOf(restartsMs)
    victim.start()
    await delay(lifeMs)
    await victim.kill()
    return `during start-up, after ${Math.round(lifeMs)} ms`
  }

  const killAtWork = async (): Promise<string> => {
    const lifeMs = random() * longestLifeMs
    await delay(lifeMs)
    await victim.kill()
    return `after ${Math.round(lifeMs)} ms`
  }

  const killOnce = async (kill: number): Promise<string> => {
    const isDuringStart = kill % startUpKillEvery === 0
    const moment = await (isDuringStart ? killDuringStart() : killAtWork())
    const isAmidFile = await compare()
    if (isAmidFile && !isDuringStart) amidFile += 1
    // The next kill comes during start-up.
    if ((kill + 1) % startUpKillEvery === 0 && kill < kills) return moment
    const restartMs = await restart(stand)
    restartsMs.push(restartMs)
    await dropFiles(kill)
    return `${moment}${isAmidFile ? ' amid a file' : ''}, back in ${Math.round(restartMs)} ms`
  }

  try {
    await until('the first answer', stand, () => ledger.answered() > 0)
    for (let kill = 1; kill <= kills; kill += 1) {
      const words = await killOnce(kill)
      const { lost, doubled, altered } = ledger.losses()
      progress(`kill ${kill} ${words}; ${ledger.answered()} answered, ${lost} lost, ${doubled} doubled, ${altered} altered`)
    }
    await until('every file', stand, async () => (await files.collect()) === 0)
    for (const till of tills) till.stop()
    await Promise.all(tills.map(({ done }) => done))
  } finally {
    for (const till of tills) till.abandon()
    await victim.kill()
  }

  const whole = ledger.unseen()
  const reader = await followJournal(victim.folders.journal)
  await reader.follow(whole.see)
  whole.settle(whole.answered())
  const last = whole.losses()
  const early = ledger.losses()
  return {
    ...{ kills, duringStart, amidFile },
    answered: whole.answered() - files.transactions(),
    repeated: sumOf(tills.map((till) => till.repeated)),
    hadAlready: sumOf(tills.map((till) => till.hadAlready)),
    fileTransactions: files.transactions(),
    records: reader.seq,
    lost: Math.max(early.lost, last.lost),
    doubled: Math.max(early.doubled, last.doubled),
    altered: Math.max(early.altered, last.altered),
    restartsMs: { median: Math.round(medianOf(restartsMs)), max: Math.round(Math.max(...restartsMs)) },
    findings: [...new Set([...early.findings, ...last.findings])].slice(0, 20),
  }
}
