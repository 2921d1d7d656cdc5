/** A model device closes its day as a store's agent does: totals of what its journal holds, the chain's head, its signature. */
import { createPublicKey, sign } from 'node:crypto'
import { dayCloseText, type DayCloseStatement, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import { genesisHash, chainText } from '#sync/contract/record.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { addToTotals, noTotals, statedTotals } from '#sync/core/day-totals.ts'
import { type ModelDevice, sha256 } from './model-device.ts'

const day = '2026-01-31'

export const statementOf = (device: ModelDevice, closedAt = '2026-01-31T20:00:00.000Z'): DayCloseStatement => {
  const head = device.journal.at(-1)
  const sold = device.journal.flatMap(({ kind, payload }) => {
    const read = kind === 'transaction' ? transactionSchema.safeParse(JSON.parse(payload)) : null
    return read?.success ? [read.data] : []
  })
  const tills = [...new Set(sold.map(({ workstationId }) => workstationId))].sort()
  return dayCloseStatementSchema.parse({
    format: 'tideline-day-close/1',
    storeId: device.storeId,
    deviceId: device.deviceId,
    publicKey: createPublicKey(device.privateKey as never)
      .export({ format: 'der', type: 'spki' })
      .toString('base64url'),
    businessDay: day,
    currency: 'EUR',
    closedAt,
    chain: {
      incarnation: device.incarnation,
      firstSeq: 1,
      previousHash: genesisHash,
      headSeq: device.journal.length,
      headHash: head ? sha256(chainText(head)) : genesisHash,
    },
    workstations: tills.map((workstationId) => {
      const own = sold.filter((each) => each.workstationId === workstationId && each.businessDay === day)
      const numbers = own.map(({ sequenceNumber }) => sequenceNumber)
      return {
        workstationId,
        ledger: {
          first: Math.min(...numbers),
          last: Math.max(...numbers),
          seen: own.length,
          explained: { suspended: 0, cancelled: 0, training: 0, quarantined: 0 },
          rolledOver: [],
          missing: [],
        },
        totals: statedTotals(own.reduce(addToTotals, noTotals)),
        differences: [],
      }
    }),
  })
}

export const signed = (device: ModelDevice, statement: unknown): string => {
  const text = JSON.stringify(statement)
  return JSON.stringify({
    statement: text,
    signature: sign(null, Buffer.from(dayCloseText(text)), device.privateKey).toString('base64url'),
  })
}

export const closeDay = (
  device: ModelDevice,
  change: (statement: DayCloseStatement) => unknown = (statement) => statement,
  closedAt?: string,
) => device.append(signed(device, change(statementOf(device, closedAt))), 'day-close')
