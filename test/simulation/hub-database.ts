/**
 * The hub's database server in the simulated world: real SQL, one transaction at a time. Processes hold connections that can break
 * before a statement, after it, or around a commit; a process that dies leaves its transaction rolled back.
 */
import { Kysely, PostgresDialect } from 'kysely'
import type { Tables } from '#hub/storage/tables.ts'
import type { Database } from '#hub/storage/database.ts'
import type { Chance } from './chance.ts'
import type { Life } from './life.ts'
import type { PostgresEngine } from './postgres.ts'
import type { Scheduler } from './scheduler.ts'
import type { Tally } from './tally.ts'

export type Backup = Readonly<Record<string, unknown>>

export interface HubDatabase {
  /** The database as one process of the hub has it. */
  open(life: Life): Database
  /** As the world sees it, beside all processes. */
  look<T extends Record<string, unknown>>(text: string, parameters?: readonly unknown[]): Promise<T[]>
  /** Nobody is in a transaction: whoever looks now need not wait for one that goes on with the world only. */
  isFree(): boolean
  /** Several statements with nobody in between. */
  alone<T>(work: () => Promise<T>): Promise<T>
  readonly eyes: Database
  backup(): Promise<Backup>
  restore(backup: Backup): Promise<void>
  /** What is committed of each journal: `device:incarnation` to the hub's watermark. */
  readonly committed: ReadonlyMap<string, number>
  /** The furthest that it ever was, whatever was restored since. */
  readonly everCommitted: ReadonlyMap<string, number>
  /** How likely a statement's connection breaks. */
  trouble: number
}

export interface HubDatabaseParts {
  engine: PostgresEngine
  scheduler: Scheduler
  chance: Chance
  tally: Tally
  wallMs: () => number
}

const movesStreams = (text: string): boolean => /update device_stream|into device_stream/.test(text)

const terminated = (): Error => new Error('Connection terminated unexpectedly')

/** One holder after the other, in the order of asking. */
const createTurns = () => {
  let held = false
  const waiting: (() => void)[] = []
  return {
    isFree: () => !held,
    take: async (): Promise<void> => {
      if (held) await new Promise<void>((resolve) => waiting.push(resolve))
      held = true
    },
    give: (): void => {
      const next = waiting.shift()
      if (next) next()
      else held = false
    },
  }
}

const answerOf = (text: string, { rows, affectedRows }: Awaited<ReturnType<PostgresEngine['run']>>) => ({
  rows,
  command: /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase(),
  rowCount: affectedRows ?? rows.length,
})

export const createHubDatabase = ({ engine, scheduler, chance, tally, wallMs }: HubDatabaseParts): HubDatabase => {
  const turns = createTurns()
  const committed = new Map<string, number>()
  const everCommitted = new Map<string, number>()
  const connections = new Set<{ lose(): Promise<void> }>()

  const takeTurn = async (): Promise<void> => {
    await turns.take()
    await engine.setNow(scheduler.nowMs() + wallMs())
  }
  const readCommitted = async (): Promise<void> => {
    const { rows } = await engine.run(`select device_id || ':' || incarnation as stream, acked_seq from device_stream`)
    committed.clear()
    for (const { stream, acked_seq } of rows) {
      const [name, seq] = [String(stream), Number(acked_seq)]
      committed.set(name, seq)
      everCommitted.set(name, Math.max(seq, everCommitted.get(name) ?? 0))
    }
  }
  /** Columns that number themselves: what a restored database goes on from. */
  const readSequences = async (): Promise<{ table: string; column: string; sequence: string }[]> => {
    const { rows } = await engine.run(`
      select c.relname as "table", a.attname as "column", pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null`)
    return rows as { table: string; column: string; sequence: string }[]
  }
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    await takeTurn()
    try {
      return await work()
    } finally {
      turns.give()
    }
  }

  const connect = (life: Life, isOurs: boolean) => {
    let state: 'idle' | 'open' | 'broken' = 'idle'
    let movesStream = false

    const end = async (statement: 'commit' | 'rollback') => {
      const result = await engine.run(statement)
      if (statement === 'commit' && movesStream) await readCommitted()
      movesStream = false
      state = 'idle'
      turns.give()
      return result
    }
    const lose = async (): Promise<void> => {
      const wasOpen = state === 'open'
      state = 'broken'
      if (!wasOpen) return
      await engine.run('rollback')
      turns.give()
    }
    const single = async (text: string, parameters: readonly unknown[]) => {
      await takeTurn()
      try {
        if (!life.isAlive()) throw terminated()
        const result = await engine.run(text, parameters)
        if (movesStreams(text)) await readCommitted()
        return result
      } finally {
        turns.give()
      }
    }
    const perform = async (text: string, parameters: readonly unknown[]) => {
      if (text === 'begin' || text.startsWith('start transaction')) {
        await takeTurn()
        if (!life.isAlive()) {
          turns.give()
          throw terminated()
        }
        state = 'open'
        return engine.run(text)
      }
      if (text === 'commit' || text === 'rollback') return end(text)
      if (state !== 'open') return single(text, parameters)
      if (movesStreams(text)) movesStream = true
      return engine.run(text, parameters)
    }
    const query = (text: string, parameters: readonly unknown[] = []) => {
      if (state === 'broken') return Promise.reject(new Error('Client has encountered a connection error and is not queryable'))
      return life.gate(`asks SQL ${text.slice(0, 24)}`, async () => {
        if (state === 'broken') throw terminated()
        const isTrouble = !isOurs && database.trouble > 0 && text !== 'rollback' && chance.happens(database.trouble)
        const isBefore = isTrouble && chance.happens(0.5)
        const where = text === 'commit' ? 'around a commit' : state === 'open' ? 'in a transaction' : 'outside a transaction'
        if (isTrouble) tally.count(`SQL connection lost ${where}, ${isBefore ? 'undone' : 'done'}`)
        if (isBefore) {
          await lose()
          throw terminated()
        }
        const answer = answerOf(text, await perform(text, parameters))
        if (!isTrouble) return answer
        await lose()
        throw terminated()
      })
    }
    const connection = { lose }
    connections.add(connection)
    return { query, lose, release: () => void connections.delete(connection) }
  }

  const open = (life: Life, isOurs = false): Database => {
    const mine = new Set<ReturnType<typeof connect>>()
    life.onEnd(() => {
      for (const { lose } of mine) void lose()
    })
    const pool = {
      connect: async () => {
        const client = connect(life, isOurs)
        mine.add(client)
        return {
          query: client.query,
          release: () => {
            client.release()
            mine.delete(client)
          },
        }
      },
      end: async () => undefined,
    }
    return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
  }
  const look = async <T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> =>
    (await alone(() => engine.run(text, parameters))).rows as T[]

  const database: HubDatabase = {
    open,
    look: look as HubDatabase['look'],
    isFree: turns.isFree,
    alone,
    eyes: open(
      {
        isAlive: () => true,
        gate: async (_what: string, work: () => unknown) => work(),
        onEnd: () => undefined,
      } as unknown as Life,
      true,
    ),
    backup: async () => {
      // A function takes a hundred arguments at most, and there are more tables than half of that.
      const parts = engine.tables.map((table) => `select '${table}' as name, (select json_agg(t) from "${table}" t) as rows`)
      const [row] = await look<{ backup: Backup }>(`select json_object_agg(name, rows) as backup from (${parts.join(' union all ')}) p`)
      return row?.backup ?? {}
    },
    restore: async (backup) => {
      for (const connection of [...connections]) await connection.lose()
      await alone(async () => {
        await engine.run(
          `begin; set local session_replication_role = replica; truncate ${engine.tables.join(', ')} restart identity cascade`,
        )
        for (const table of engine.tables) {
          const rows = backup[table]
          if (rows === null || rows === undefined) continue
          await engine.run(
            `insert into "${table}" overriding system value select * from json_populate_recordset(null::"${table}", $1::json)`,
            [JSON.stringify(rows)],
          )
        }
        for (const { table, column, sequence } of await readSequences()) {
          const last = `(select max("${column}") from "${table}")`
          await engine.run(`select setval('${sequence}', greatest(1, ${last}), ${last} is not null)`)
        }
        await engine.run('commit')
        await readCommitted()
      })
    },
    committed,
    everCommitted,
    trouble: 0,
  }
  return database
}
