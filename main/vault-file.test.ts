import { createPublicKey, verify } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { store } from '#test/shell/views.ts'
import { tempFolder } from '#test/shell/temp-folder.ts'
import { noSealer, openVault, type Sealer, type Vault } from './vault-file.ts'

/** Stands in for the operating system's key store: reversible, and never plain. */
const flip = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ 0x5a))
const sealer: Sealer = { available: () => true, seal: (text) => flip(Buffer.from(text)), unseal: (sealed) => flip(sealed).toString() }

const opened = (file: string, by: Sealer): Vault => {
  const result = openVault(file, by)
  if (result.outcome !== 'opened') throw new Error(result.message)
  return result.vault
}
const vaultFile = () => join(tempFolder(), 'vault.json')
const enrolment = { hubUrl: 'https://hub.example', identity: store }

describe('the vault', () => {
  it('[OPS3] keeps key, token and identity over a restart', () => {
    const file = vaultFile()
    const first = opened(file, sealer)
    first.keepEnrolment(enrolment)
    const second = opened(file, sealer)
    expect([second.publicKey, second.tillToken, second.enrolment()]).toEqual([first.publicKey, first.tillToken, enrolment])
  })

  it('[TRN11] signs so that the public key it shows verifies', () => {
    const vault = opened(vaultFile(), noSealer)
    const key = createPublicKey({ key: Buffer.from(vault.publicKey, 'base64url'), format: 'der', type: 'spki' })
    expect(key.asymmetricKeyType).toBe('ed25519')
    const isGood = (text: string) => verify(null, Buffer.from(text), key, Buffer.from(vault.sign('tideline hello\nä'), 'base64url'))
    expect([isGood('tideline hello\nä'), isGood('tideline hello\na')]).toEqual([true, false])
  })

  it('[OPS3] sealed by the operating system, the file shows no secret', () => {
    const file = vaultFile()
    const vault = opened(file, sealer)
    const text = readFileSync(file, 'utf8')
    expect(vault.protection).toBe('operating-system')
    expect(text).not.toContain('privateKey')
    expect(text).not.toContain(vault.tillToken)
  })

  it('[OPS3] without such encryption the file is the owner’s alone and says what protects it', () => {
    const file = vaultFile()
    expect(opened(file, noSealer).protection).toBe('file-permissions')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, protection: 'file-permissions' })
  })

  it('[OPS3] takes up better protection with the same identity when the computer offers it', () => {
    const file = vaultFile()
    const plain = opened(file, noSealer)
    const sealed = opened(file, sealer)
    expect([sealed.protection, sealed.publicKey]).toEqual(['operating-system', plain.publicKey])
    expect(readFileSync(file, 'utf8')).not.toContain('privateKey')
  })

  it.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['emptied', () => ''],
    ['of another shape', () => '{"version":1}'],
    ['of a newer version', (text: string) => text.replace('"version":1', '"version":2')],
    ['with a damaged key', (text: string) => text.replace(/"privateKey":"..../, '"privateKey":"AAAA')],
  ])('[OPS3] %s is an error for a person, never a new identity', (_name, damage) => {
    const file = vaultFile()
    opened(file, noSealer)
    const damaged = damage(readFileSync(file, 'utf8'))
    writeFileSync(file, damaged)
    const result = openVault(file, noSealer)
    expect(result).toMatchObject({ outcome: 'unreadable', message: expect.stringContaining(file) })
    expect(readFileSync(file, 'utf8')).toBe(damaged)
  })

  it('[OPS3] sealed elsewhere, or no longer openable, stays as it is', () => {
    const file = vaultFile()
    opened(file, sealer)
    const before = readFileSync(file, 'utf8')
    expect(openVault(file, noSealer)).toMatchObject({ outcome: 'unreadable', message: expect.stringContaining('no encryption now') })
    const broken: Sealer = { ...sealer, unseal: () => 'not what was sealed' }
    expect(openVault(file, broken).outcome).toBe('unreadable')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('[OPS3] is written whole or not at all, and leaves nothing half beside it', () => {
    const folder = tempFolder()
    const file = join(folder, 'vault.json')
    const vault = opened(file, noSealer)
    writeFileSync(`${file}.partial`, 'left by a crash')
    chmodSync(`${file}.partial`, 0o644)
    vault.keepEnrolment(enrolment)
    expect(readdirSync(folder)).toEqual(['vault.json'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(existsSync(file)).toBe(true)
  })

  it('[OPS3] [CAP12] opens what is there while the disk takes nothing, with the protection that it has', () => {
    const folder = tempFolder()
    const file = join(folder, 'vault.json')
    const { publicKey } = opened(file, noSealer)
    // A folder in its place keeps the new file from being written.
    mkdirSync(join(`${file}.partial`, 'in the way'), { recursive: true })
    expect([opened(file, noSealer).publicKey, opened(file, noSealer).protection]).toEqual([publicKey, 'file-permissions'])
    expect([opened(file, sealer).publicKey, opened(file, sealer).protection]).toEqual([publicKey, 'file-permissions'])
    expect(() => opened(file, noSealer).keepEnrolment(enrolment)).toThrow()
  })
})
