/**
 * What the network door shows the tills: the configured certificate, or one of the agent's own. The own one is kept in the data folder
 * with its key (0600), and once more without it for whoever sets up a till to trust it. Near its end it is made anew with the same key,
 * so that a till that pins the key goes on.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { writeFileAtomically } from '../atomic-file.ts'

export interface LanCertificate {
  cert: string
  key: string
  /** SHA-256 of the certificate, as tools show it: AA:BB:… */
  fingerprint: string
  /** Its own, which a till must be told to trust. */
  ownFile?: string
}

export interface CertificateSource {
  dataDir: string
  host: string
  certFile?: string | undefined
  keyFile?: string | undefined
}

const dayMs = 86_400_000
const lifetimeDays = 3 * 365
const renewDaysBefore = 60

export const loadLanCertificate = async (source: CertificateSource, nowMs: number): Promise<LanCertificate> => {
  const { certFile, keyFile } = source
  if ((certFile === undefined) !== (keyFile === undefined)) throw new Error('lan: certFile and keyFile belong together')
  if (certFile !== undefined && keyFile !== undefined)
    return describe(await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8'), nowMs)
  const ownFile = join(source.dataDir, 'lan-certificate.crt')
  const secretFile = join(source.dataDir, 'lan-certificate.pem')
  const kept = splitPem(await readFile(secretFile, 'utf8').catch(() => ''))
  if (kept && isGood(kept.cert, source.host, nowMs)) return { ...describe(kept.cert, kept.key, nowMs), ownFile }
  const made = await makeCertificate(source.host, kept?.key, nowMs)
  // One file for both: a power cut between two would leave a key without its certificate.
  writeFileAtomically(secretFile, `${made.key}\n${made.cert}\n`, 0o600)
  writeFileAtomically(ownFile, `${made.cert}\n`, 0o644)
  return { ...describe(made.cert, made.key, nowMs), ownFile }
}

const makeCertificate = async (host: string, key: string | undefined, nowMs: number): Promise<{ cert: string; key: string }> => {
  const made = await generate([{ name: 'commonName', value: 'Tideline store agent' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A till's clock may be behind.
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + lifetimeDays * dayMs),
    ...(key === undefined ? {} : { keyPair: { privateKey: key, publicKey: publicPem(key) } }),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host }] },
    ],
  })
  return { cert: made.cert.trim(), key: (key ?? made.private).trim() }
}

const publicPem = (key: string): string => createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'pem' }).toString()

const splitPem = (text: string): { cert: string; key: string } | null => {
  const cert = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(text)?.[0]
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0]
  return cert !== undefined && key !== undefined ? { cert, key } : null
}

/** From its text: an older Electron's Node has no `validToDate`. */
const endOf = ({ validTo }: X509Certificate): number => Date.parse(validTo)

const isGood = (cert: string, host: string, nowMs: number): boolean => {
  const parsed = new X509Certificate(cert)
  const isNamed = isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)
  return isNamed !== undefined && endOf(parsed) - nowMs > renewDaysBefore * dayMs
}

const describe = (cert: string, key: string, nowMs: number): LanCertificate => {
  const parsed = new X509Certificate(cert)
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('lan: the key is not the certificate’s')
  if (endOf(parsed) < nowMs) throw new Error(`lan: the certificate ended on ${parsed.validTo}`)
  return { cert, key, fingerprint: parsed.fingerprint256 }
}
