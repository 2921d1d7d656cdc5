/** verify: every segment of every life, and the signatures of the day closes. A tail that is being written is no damage. */
import { parseArgs } from 'node:util'
import { genesisHash } from '#sync/contract/record.ts'
import { describeFinding, type Finding } from '#main/journal/finding.ts'
import { faultOfClose, keyPrint, readClose, type ReadClose } from './day-close-check.ts'
import { findJournal, type JournalFolder, type Life, livesOf, readLife } from './folder.ts'
import type { Verb } from './verb.ts'

interface LifeReport {
  life: Life
  records: number
  firstSeq: number
  lastSeq: number
  findings: Finding[]
  torn: Finding[]
}

interface Checked {
  reports: LifeReport[]
  closes: { life: string; seq: number; businessDay: string; key: string; verdict: 'good' | 'bad' | 'unknown'; message?: string }[]
}

const checkLives = async (folder: JournalFolder): Promise<Checked> => {
  const reports: LifeReport[] = []
  const closes: ReadClose[] = []
  for (const life of await livesOf(folder)) {
    let found: ReadClose[] = []
    const loaded = await readLife(folder, life, () => {
      found = []
      return ({ record }) => void (record.kind === 'day-close' && found.push(readClose(record)))
    })
    closes.push(...found)
    reports.push({
      ...{ life, records: loaded.records, firstSeq: loaded.segments[0]?.firstSeq ?? 0, lastSeq: loaded.end.seq },
      findings: loaded.findings.filter(({ kind }) => kind !== 'torn-tail'),
      torn: loaded.findings.filter(({ kind }) => kind === 'torn-tail'),
    })
  }
  return { reports, closes: await checkCloses(folder, closes) }
}

/** The hashes that the closes name are looked up in a second reading, so that memory holds those alone. */
const checkCloses = async (folder: JournalFolder, closes: readonly ReadClose[]): Promise<Checked['closes']> => {
  const hashes = new Map<string, string>()
  const named = closes.flatMap(({ statement }) => (statement ? [statement.chain] : []))
  const wanted = new Set(named.map(({ incarnation, headSeq }) => `${incarnation}:${headSeq}`))
  for (const life of await livesOf(folder)) {
    if (!named.some(({ incarnation }) => incarnation === life.incarnation)) continue
    if (life.base) hashes.set(`${life.incarnation}:${life.base.seq}`, life.base.hash)
    await readLife(folder, life, () => ({ record, hash }) => {
      const id = `${record.incarnation}:${record.seq}`
      if (wanted.has(id)) hashes.set(id, hash)
    })
  }
  const hashAt = (incarnation: string, seq: number) => (seq === 0 ? genesisHash : (hashes.get(`${incarnation}:${seq}`) ?? null))
  return closes.map((close) => {
    const answer = faultOfClose(close, hashAt)
    const { record, statement } = close
    const what = {
      life: record.incarnation,
      seq: record.seq,
      businessDay: statement?.businessDay ?? '?',
      key: statement ? keyPrint(statement.publicKey) : '?',
    }
    if (answer === null) return { ...what, verdict: 'good' as const }
    return 'fault' in answer
      ? { ...what, verdict: 'bad' as const, message: answer.fault }
      : { ...what, verdict: 'unknown' as const, message: answer.note }
  })
}

const roles: Record<Life['role'], string> = {
  present: 'the journal that is written',
  former: 'a former one; its records were carried into the present one',
  unnamed: 'named nowhere: kept from before, or put here by hand',
}

const printLife = ({ life, records, firstSeq, lastSeq, findings, torn }: LifeReport): void => {
  const range = records === 0 ? 'no records' : `${records} records, ${firstSeq} to ${lastSeq}`
  console.log(`${life.incarnation}  ${roles[life.role]}: ${range}`)
  if (life.base && life.base.seq > 0) console.log(`  up to ${life.base.seq} it was pruned: the hub has that`)
  for (const finding of findings) console.log(`  WRONG  ${describeFinding(finding)}`)
  for (const finding of torn) console.log(`  note   ${describeFinding(finding)}; being written just now, or a crash: no damage`)
}

export const verify: Verb = {
  usage: '  verify [--json]                       check every record, link, file and day close; exit 1 when something is wrong',
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: { data: { type: 'string' }, json: { type: 'boolean' } } })
    const folder = await findJournal(values.data)
    const { reports, closes } = await checkLives(folder)
    console.log(`The journal in ${folder.dir}`)
    if (!folder.manifest) console.log('WRONG  journal.json is missing or cannot be read: nobody can say which of these is written')
    for (const report of reports) printLife(report)
    for (const { businessDay, life, seq, verdict, message, key } of closes)
      console.log(
        `day close ${businessDay} (${life}:${seq}) ${verdict === 'good' ? `good, signed with key ${key}` : `${verdict.toUpperCase()}: ${message}`}`,
      )
    const missing = folder.manifest?.holes ?? []
    for (const { incarnation, fromSeq, toSeq } of missing)
      console.log(`missing: records ${fromSeq} to ${toSeq} of ${incarnation}, lost and not yet back`)
    const findings = reports.flatMap((report) => report.findings)
    const badCloses = closes.filter(({ verdict }) => verdict === 'bad').length
    const isGood = findings.length === 0 && badCloses === 0 && folder.manifest !== null
    console.log(
      isGood
        ? 'All that is here is whole.'
        : `${findings.length} findings, ${badCloses} bad day closes. docs/runbooks/journal.md says what to do.`,
    )
    if (values.json)
      console.log(
        JSON.stringify({
          good: isGood,
          dir: folder.dir,
          incarnation: folder.manifest?.incarnation ?? null,
          lives: reports.map(({ life, ...report }) => ({ incarnation: life.incarnation, role: life.role, ...report })),
          closes,
          missing: missing.map(({ incarnation, fromSeq, toSeq }) => ({ incarnation, fromSeq, toSeq })),
        }),
      )
    return isGood ? 0 : 1
  },
}
