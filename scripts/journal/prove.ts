/**
 * `npm run journal -- prove DAY [--data DIR] [--out FILE]`: writes the certificate of a closed business day and says what it proves.
 * `npm run journal -- check FILE [--key PUBLICKEY]`: checks one. Both only read the journal, also while its agent runs.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import { checkCertificate } from '#main/completeness/certificate.ts'
import { proveDay } from '#main/completeness/prove.ts'
import { proofWords } from '#main/completeness/proof-words.ts'
import { nodeDisk } from '#main/journal/disk.ts'
import { findJournal } from './folder.ts'
import { Complaint, type Verb } from './verb.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): 1 => {
  process.stderr.write(`${text}\n`)
  return 1
}

const writeCertificate = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { data: { type: 'string' }, out: { type: 'string' } },
    allowPositionals: true,
  })
  const day = businessDaySchema.safeParse(positionals[0])
  if (!day.success) throw new Complaint('Which business day? For example: npm run journal -- prove 2026-01-31 --data DIR')
  const { dir } = await findJournal(values.data)
  const proof = await proveDay(nodeDisk, dir, day.data)
  if (proof.outcome === 'refused') return complain(proof.message)
  const out = values.out ?? join(process.cwd(), `certificate-${proof.statement.storeId.replaceAll(/[^\w.-]/g, '_')}-${day.data}.jsonl`)
  await writeFile(out, proof.text)
  say(proofWords(proof.statement))
  say(`Written to ${out}. Anybody can check it: docs/certificate.md says how.`)
  return 0
}

const readOrNull = (file: string): Uint8Array | null => {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}

const checkFile = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({ args: [...args], options: { key: { type: 'string' } }, allowPositionals: true })
  const [file] = positionals
  if (!file) throw new Complaint('Which certificate? For example: npm run journal -- check certificate.jsonl --key PUBLICKEY')
  const bytes = readOrNull(file)
  if (!bytes) throw new Complaint(`${file} cannot be read.`)
  const checked = checkCertificate(bytes, values.key)
  if (checked.outcome === 'refuted') return complain(`NOT PROVEN: line ${checked.line} of ${file}: ${checked.message}.`)
  say(proofWords(checked.statement))
  say(values.key ? 'PROVEN, with the key that was given.' : 'PROVEN. Compare the key with the one that the hub has of this device.')
  return 0
}

export const prove: Verb = { usage: '  prove DAY [--out FILE]', run: writeCertificate }
export const check: Verb = { usage: '  check FILE [--key PUBLICKEY]', run: checkFile }
