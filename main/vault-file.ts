/**
 * The device's secrets in one file: Ed25519 key, till token, and what enrolment gave. Sealed by the operating system where
 * it can; otherwise readable by its owner alone, and plainly marked so [OPS3]. A vault that cannot be read is an error for a
 * person: it is never replaced by a new identity.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { identitySchema } from '#sync/contract/config.ts'
import { z } from 'zod'
import { writeFileAtomically } from './atomic-file.ts'

/** Encryption by the operating system, as far as this machine has it. */
export interface Sealer {
  available(): boolean
  seal(text: string): Buffer
  unseal(sealed: Buffer): string
}
export const noSealer: Sealer = {
  available: () => false,
  seal: () => {
    throw new Error('this computer cannot encrypt secrets')
  },
  unseal: () => {
    throw new Error('this computer cannot decrypt secrets')
  },
}

const enrolmentSchema = z.strictObject({ hubUrl: z.string(), identity: identitySchema })
export type VaultEnrolment = z.infer<typeof enrolmentSchema>

const secretsSchema = z.strictObject({
  /** PKCS#8 DER, base64url. */
  privateKey: z.string().min(40),
  tillToken: z.string().min(20),
  enrolment: enrolmentSchema.optional(),
})
type Secrets = z.infer<typeof secretsSchema>

const vaultFileSchema = z.discriminatedUnion('protection', [
  z.strictObject({ version: z.literal(1), protection: z.literal('operating-system'), sealed: z.base64() }),
  z.strictObject({ version: z.literal(1), protection: z.literal('file-permissions'), secrets: secretsSchema }),
])
export type Protection = z.infer<typeof vaultFileSchema>['protection']

export interface Vault {
  readonly protection: Protection
  readonly tillToken: string
  /** SPKI DER, base64url. */
  readonly publicKey: string
  enrolment(): VaultEnrolment | undefined
  keepEnrolment(enrolment: VaultEnrolment): void
  /** Ed25519 over the UTF-8 text, base64url. */
  sign(text: string): string
}
export type OpenedVault = { outcome: 'opened'; vault: Vault } | { outcome: 'unreadable'; message: string }

const newSecrets = (): Secrets => ({
  privateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url'),
  tillToken: randomBytes(24).toString('base64url'),
})

interface Stored {
  protection: Protection
  secrets: Secrets
}

const readStored = (text: string, sealer: Sealer): Stored => {
  const file = vaultFileSchema.parse(JSON.parse(text))
  if (file.protection === 'file-permissions') return { protection: file.protection, secrets: file.secrets }
  if (!sealer.available()) throw new Error('it was encrypted by the operating system, which offers no encryption now')
  const secrets = secretsSchema.parse(JSON.parse(sealer.unseal(Buffer.from(file.sealed, 'base64'))))
  return { protection: file.protection, secrets }
}

const keyOf = (secrets: Secrets): KeyObject => {
  const key = createPrivateKey({ key: Buffer.from(secrets.privateKey, 'base64url'), format: 'der', type: 'pkcs8' })
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('it holds a key of another kind')
  return key
}

const oneLine = (fault: unknown): string =>
  fault instanceof z.ZodError
    ? 'its content is not a vault'
    : fault instanceof SyntaxError
      ? 'its content is damaged'
      : fault instanceof Error
        ? fault.message
        : String(fault)

/** A vault that can be read is used as it is when the disk takes nothing just now. */
const takeUpProtection = (write: () => void, best: Protection, stored: Stored | null): Protection => {
  try {
    write()
    return best
  } catch (fault) {
    if (!stored) throw fault
    return stored.protection
  }
}

const createVault = (file: string, sealer: Sealer, stored: Stored | null): Vault => {
  const first = stored?.secrets ?? newSecrets()
  const key = keyOf(first)
  const best: Protection = sealer.available() ? 'operating-system' : 'file-permissions'
  let secrets = first
  const write = (next: Secrets): void => {
    const body: z.infer<typeof vaultFileSchema> =
      best === 'operating-system'
        ? { version: 1, protection: best, sealed: sealer.seal(JSON.stringify(next)).toString('base64') }
        : { version: 1, protection: best, secrets: next }
    writeFileAtomically(file, `${JSON.stringify(body)}\n`, 0o600)
    secrets = next
  }
  const protection = stored?.protection === best ? best : takeUpProtection(() => write(first), best, stored)
  return {
    protection,
    tillToken: first.tillToken,
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64url'),
    enrolment: () => secrets.enrolment,
    keepEnrolment: (enrolment) => write({ ...secrets, enrolment: enrolmentSchema.parse(enrolment) }),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64url'),
  }
}

/** Opens the vault, or makes it with a fresh key when there is none. Rewrites it where a better protection can be taken up. */
export const openVault = (file: string, sealer: Sealer): OpenedVault => {
  try {
    const stored = existsSync(file) ? readStored(readFileSync(file, 'utf8'), sealer) : null
    return { outcome: 'opened', vault: createVault(file, sealer, stored) }
  } catch (fault) {
    const advice = 'Restore it from a backup, or move it away and enrol this computer again as a new device.'
    return { outcome: 'unreadable', message: `The vault ${file} cannot be used: ${oneLine(fault)}. ${advice}` }
  }
}
