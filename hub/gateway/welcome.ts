/** What a known device is told first: how far the hub has its journal, and in which epoch [TRN15]. */
import { protocol } from '#sync/contract/protocol.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { type HubEpoch, instantSchema, sha256Schema } from '#sync/contract/vocabulary.ts'
import { sql } from 'kysely'
import { type Epoch, ensureEpoch, readPresentEpoch } from '../epoch/epoch.ts'
import { hasFallenBack, reportFallenBack } from '../epoch/fallen-back.ts'
import { readPosition } from '../intake/accept-batch.ts'
import type { Database } from '../storage/database.ts'
import { hurriedCommit } from '../storage/hurried-commit.ts'
import { refuse, type Refusal } from './answer.ts'
import type { Hello } from './handshake.ts'
import type { Peer } from './session.ts'

export type Welcome = Extract<UpResponse<'hello'>, { outcome: 'welcome' }>

export type Welcomed = { answer: Welcome; epoch: HubEpoch } | { answer: Refusal }

export const welcome = async (db: Database, peer: Peer, hello: Hello, nowMs: number): Promise<Welcomed> => {
  const agentVersion = hello.agentVersion.replaceAll('\u0000', '')
  await sql`with hurried as materialized (${hurriedCommit})
    update device set last_seen_at = now(), agent_version = ${agentVersion} from hurried where device_id = ${peer.deviceId}`.execute(db)
  const { deviceId, incarnation, storeId } = peer
  const { remembers } = hello
  const { ackedSeq, headHash } = await readPosition(db, deviceId, incarnation)
  const epoch = await presentEpoch(db, (present) => hasFallenBack(remembers, present.epoch, ackedSeq))
  if (hasFallenBack(remembers, epoch.epoch, ackedSeq)) {
    await reportFallenBack(db, { storeId, deviceId, incarnation, remembered: remembers, ackedSeq })
    return { answer: refuse('HUB_FELL_BACK', `the hub has ${ackedSeq} records of this journal, and once had ${remembers.ackedSeq}`) }
  }
  const answer: Welcome = {
    outcome: 'welcome',
    protocolVersion: protocol.version,
    storeId,
    ackedSeq,
    headHash: sha256Schema.parse(headHash),
    hubTime: instantSchema.parse(new Date(nowMs).toISOString()),
    epoch: epoch.epoch,
  }
  return { answer, epoch: epoch.epoch }
}

/** Where something is odd, the database is asked whether it is another one than before: a standby may have taken over just now. */
const presentEpoch = async (db: Database, isOdd: (present: Epoch) => boolean): Promise<Epoch> => {
  const present = await readPresentEpoch(db)
  return present && !isOdd(present) ? present : (await ensureEpoch(db)).epoch
}
