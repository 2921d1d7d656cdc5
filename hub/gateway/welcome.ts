/** What a known device is told first: how far the hub has its journal. */
import { protocol } from '#sync/contract/protocol.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { instantSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import { readPosition } from '../intake/accept-batch.ts'
import type { Database } from '../storage/database.ts'
import type { Hello } from './handshake.ts'
import type { Peer } from './session.ts'

export const welcome = async (db: Database, peer: Peer, hello: Hello, nowMs: number): Promise<UpResponse<'hello'>> => {
  const agentVersion = hello.agentVersion.replaceAll('\u0000', '')
  await sql`update device set last_seen_at = now(), agent_version = ${agentVersion} where device_id = ${peer.deviceId}`.execute(db)
  const position = await readPosition(db, peer.deviceId, peer.incarnation)
  return {
    outcome: 'welcome',
    protocolVersion: protocol.version,
    storeId: peer.storeId,
    ackedSeq: position.ackedSeq,
    headHash: sha256Schema.parse(position.headHash),
    hubTime: instantSchema.parse(new Date(nowMs).toISOString()),
  }
}
