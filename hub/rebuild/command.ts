/**
 * `npm run hub -- rebuild NAME [--compare-only]`: rebuilds a projection, also while hubs run on the database, and prints how far it is and
 * what it found. Exit 0 when it got to its end and all is right then, 1 when it did not, or a comparison found differences.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import type { HubConfig } from '../config.ts'
import type { Projection } from '../merge/projection.ts'
import { openDatabase } from '../storage/database.ts'
import { startEmbeddedPostgres } from '../storage/embedded.ts'
import { migrate } from '../storage/migrate.ts'
import { wordProgress } from './progress.ts'
import { rebuildOnline, type Rebuilt } from './rebuild.ts'
import { differs, wordExample, wordTable } from './table-difference.ts'

export interface RebuildCommand {
  args: readonly string[]
  config: HubConfig
  log: Logger
  projections: readonly Projection[]
  say(line: string): void
}

/** Returns the exit code. */
export const runRebuildCommand = async ({ args, config, log, projections, say }: RebuildCommand): Promise<number> => {
  const read = readArguments(args, projections)
  if ('complaint' in read) {
    say(read.complaint)
    return 2
  }
  // A hub that runs on the embedded server shares it.
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: join(resolve(config.dataDir), 'database'), log }) : null
  const db = openDatabase(config.databaseUrl ?? embedded?.url ?? '', { name: 'tideline-rebuild' })
  const stopping = new AbortController()
  const onSignal = (): void => stopping.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
  try {
    await migrate(db)
    const rebuilt = await rebuildOnline(db, read.projection, {
      mode: read.compareOnly ? 'compare' : 'replace',
      signal: stopping.signal,
      onBegun: () => say(`The projection ${read.projection.name} is built anew beside the live one, which goes on.`),
      onProgress: (progress) => say(wordProgress(progress)),
    })
    return report(rebuilt, read.compareOnly, say)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
    await db.destroy()
    await embedded?.stop()
  }
}

type Arguments = { projection: Projection; compareOnly: boolean } | { complaint: string }

const readArguments = (args: readonly string[], projections: readonly Projection[]): Arguments => {
  const usage = `npm run hub -- rebuild NAME [--compare-only]; NAME is one of ${projections.map(({ name }) => name).join(', ')}`
  try {
    const options = { 'compare-only': { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const projection = projections.find(({ name }) => name === positionals[0])
    return projection && positionals.length === 1 ? { projection, compareOnly: values['compare-only'] } : { complaint: usage }
  } catch {
    return { complaint: usage }
  }
}

const report = (rebuilt: Rebuilt, compareOnly: boolean, say: (line: string) => void): number => {
  if (rebuilt.outcome !== 'done') {
    say(rebuilt.message)
    return 1
  }
  for (const difference of rebuilt.differences) {
    say(`  ${wordTable({ ...difference, examples: [] })}`)
    for (const example of difference.examples) say(`      ${wordExample(example)}`)
  }
  say(`At the end the live projection stood still for ${(rebuilt.heldMs / 1_000).toFixed(2)} s; who reads it did not wait.`)
  say(rebuilt.message.split('. ').slice(0, 2).join('. ').replace(/\.?$/, '.'))
  return compareOnly && rebuilt.differences.some(differs) ? 1 : 0
}
