/**
 * The wire's shape, hashed per protocol version. When this fails, a message changed: raise `protocol.version` in
 * sync/contract/protocol.ts and add a line to protocol-hashes.json. A line once released is never edited.
 */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { protocol } from '#sync/contract/protocol.ts'
import hashes from './protocol-hashes.json' with { type: 'json' }
import { wireSchemas } from './wire-schemas.ts'

const shapeOf = (): string =>
  JSON.stringify([...wireSchemas].map(([name, schema]) => [name, z.toJSONSchema(schema, { unrepresentable: 'any' })]))

describe('protocol', () => {
  it('[TRN9] a change of any message needs a new protocol version', () => {
    const shape = createHash('sha256').update(shapeOf()).digest('hex')
    expect(hashes).toHaveProperty(String(protocol.version), shape)
  })

  it('[TRN9] the floor is a version that existed', () => {
    expect(protocol.floor).toBeGreaterThanOrEqual(1)
    expect(protocol.floor).toBeLessThanOrEqual(protocol.version)
    expect(Object.keys(hashes).map(Number)).toEqual(Array.from({ length: protocol.version }, (_, i) => i + 1))
  })
})
