/**
 * Checks a Tideline day certificate without Tideline: node verify.mjs CERTIFICATE [PUBLICKEY]
 * Needs Node 20 or newer and nothing else. docs/certificate.md describes each step in words.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex')
const settled = new Set(['sale', 'return', 'exchange', 'post-void'])
const insist = (isSo, message) => {
  if (!isSo) throw new Error(message)
}

/** JSON has many spellings of one content; a certificate has one. */
const readExactly = (line, fields, optional = []) => {
  const value = JSON.parse(line)
  const keys = Object.keys(value)
  insist(JSON.stringify(value) === line, 'the line is spelled in another way')
  insist(keys.join() === [...fields, ...optional.filter((field) => keys.includes(field))].join(), 'the line has other fields')
  return value
}

const checkSignature = ({ statement, signature, publicKey }) => {
  const [key, bytes] = [Buffer.from(publicKey, 'base64url'), Buffer.from(signature, 'base64url')]
  insist(key.toString('base64url') === publicKey && bytes.toString('base64url') === signature, 'key or signature is misspelled')
  const signed = Buffer.from(`tideline day-close\n${statement}`, 'utf8')
  insist(verify(null, signed, createPublicKey({ key, format: 'der', type: 'spki' }), bytes), 'the signature does not fit the statement')
}

const linkFields = ['hash', 'deviceId', 'incarnation', 'seq', 'kind', 'capturedAt', 'payloadHash', 'previousHash']

const checkLink = (link, before, { chain, deviceId }) => {
  insist(link.deviceId === deviceId && link.incarnation === chain.incarnation, 'it is of another journal')
  insist(link.seq === before.seq + 1 && link.previousHash === before.hash, 'it does not continue the chain')
  const text = `${link.deviceId}:${link.incarnation}:${link.seq}\n${link.kind}\n${link.capturedAt}\n${link.payloadHash}\n${link.previousHash}`
  insist(sha256(text) === link.hash, 'it is not what its hash says')
  if (link.payload !== undefined) insist(sha256(link.payload) === link.payloadHash, 'its content is not what its hash says')
}

const add = (sums, key, count, amount) => {
  const known = sums.get(key) ?? [0, 0]
  sums.set(key, [known[0] + count, known[1] + amount])
}

/** Numbers and sums of one workstation, from the day's records alone. */
const recount = (links, businessDay, workstationId) => {
  const day = { seen: new Set(), counted: new Set(), kinds: new Map(), tenders: new Map(), taxes: new Map() }
  for (const { kind, payload } of links) {
    const content = payload === undefined ? {} : JSON.parse(payload)
    const about =
      kind === 'transaction' ? content : kind === 'conflict' ? content.transaction : kind === 'quarantine' ? content.claimed : undefined
    if (about?.businessDay !== businessDay || about.workstationId !== workstationId) continue
    day.seen.add(about.sequenceNumber)
    if (kind !== 'transaction' || day.counted.has(about.sequenceNumber)) continue
    day.counted.add(about.sequenceNumber)
    const grand = about.totals.grandMinor
    add(day.kinds, about.kind, 1, grand)
    if (!settled.has(about.kind)) continue
    for (const tender of about.tenders)
      if (!tender.voided) add(day.tenders, tender.kind, tender.amountMinor < 0 === grand < 0 ? 1 : 0, tender.amountMinor)
    for (const tax of about.taxes) add(day.taxes, tax.code, 1, tax.taxMinor)
  }
  return day
}

const sameSums = (stated, counted, key, amount, least = 0) =>
  stated.length === counted.size &&
  stated.every((row) => {
    const sum = counted.get(row[key])
    return sum !== undefined && row.count === Math.max(least, sum[0]) && row[amount] === sum[1]
  })

const checkWorkstation = (links, businessDay, { workstationId, ledger, totals }) => {
  const day = recount(links, businessDay, workstationId)
  const inRanges = (ranges, number) => ranges.some(({ from, to }) => from <= number && number <= to)
  insist(day.seen.size === ledger.seen, `workstation ${workstationId}: other numbers than stated`)
  insist(
    ![...day.seen].some((number) => inRanges(ledger.missing, number)),
    `workstation ${workstationId}: a number is there and said to be missing`,
  )
  const numbers = [...day.seen].sort((a, b) => a - b)
  const given = [...numbers.map((number) => ({ from: number, to: number })), ...ledger.missing, ...ledger.rolledOver].sort(
    (a, b) => a.from - b.from,
  )
  const isInDay = ({ from, to }) => to >= numbers[0] && from <= numbers.at(-1)
  if (ledger.rolledOver.length === 0 && ledger.first === numbers[0] && ledger.last === numbers.at(-1))
    given.filter(isInDay).reduce((last, { from, to }) => {
      insist(from <= last + 1, `workstation ${workstationId}: number ${last + 1} is neither there nor said to be missing`)
      return Math.max(last, to)
    }, numbers[0] - 1)
  const sums = [...day.kinds].filter(([kind]) => settled.has(kind)).map(([, sum]) => sum)
  const total = (place) => sums.reduce((all, sum) => all + sum[place], 0)
  const fits =
    total(0) === totals.transactionCount &&
    total(1) === totals.grandMinor &&
    sameSums(totals.kinds, day.kinds, 'kind', 'grandMinor') &&
    sameSums(totals.tenders, day.tenders, 'kind', 'amountMinor', 1) &&
    sameSums(totals.taxes, day.taxes, 'code', 'taxMinor')
  insist(fits, `workstation ${workstationId}: other totals than stated`)
}

/** Returns the statement; throws where something does not fit. */
export const verifyCertificate = (bytes, knownKey) => {
  const lines = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).split('\n')
  insist(lines.pop() === '' && lines.length > 1, 'the certificate is cut off')
  const head = readExactly(lines[0], ['format', 'statement', 'signature', 'publicKey'])
  insist(head.format === 'tideline-certificate/1', 'another format')
  insist(knownKey === undefined || knownKey === head.publicKey, 'it is signed with another key')
  checkSignature(head)
  const statement = JSON.parse(head.statement)
  insist(statement.format === 'tideline-day-close/1' && statement.publicKey === head.publicKey, 'the statement is of another format or key')
  let before = { seq: statement.chain.firstSeq - 1, hash: statement.chain.previousHash }
  const links = lines.slice(1).map((line) => {
    const link = readExactly(line, linkFields, ['payload'])
    checkLink(link, before, statement)
    before = link
    return link
  })
  const close = links.at(-1)
  insist(
    close.kind === 'day-close' && close.seq === statement.chain.headSeq + 1 && close.previousHash === statement.chain.headHash,
    'no close at its end',
  )
  insist(close.payload === JSON.stringify({ statement: head.statement, signature: head.signature }), 'the close holds another statement')
  for (const workstation of statement.workstations) checkWorkstation(links, statement.businessDay, workstation)
  return statement
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { storeId, businessDay, publicKey } = verifyCertificate(readFileSync(process.argv[2]), process.argv[3])
    console.log(`PROVEN: store ${storeId}, business day ${businessDay}, key ${publicKey}`)
  } catch (error) {
    console.error(`NOT PROVEN: ${error.message}`)
    process.exitCode = 1
  }
}
