import { describe, expect, it } from 'vitest'
import { reportSchema } from '../contract/report.ts'
import { reportGist } from './report-gist.ts'

const nowMs = Date.parse('2026-03-02T10:00:00.000Z')
const idle = reportSchema.parse({
  agentVersion: '0.1.0',
  journal: { incarnation: 'aaaaaaaaaaaa', seq: 100, ackedSeq: 100, missingRecords: 0 },
  pending: { count: 0 },
  disk: { state: 'roomy', freeBytes: 90_000_000_000 },
  openExceptions: 0,
  quarantined: 0,
  feeds: { items: 7 },
  parkedDocuments: 0,
  traffic: { open: ['urgent', 'routine', 'bulk'], sentBytesToday: 1_000, receivedBytesToday: 1_000 },
  clock: { offsetMs: 20, uncertaintyMs: 40 },
  uptimeSeconds: 60,
})
const gist = (part: object) => reportGist(reportSchema.parse({ ...idle, ...part }), nowMs)

describe('a report’s gist', () => {
  it.each([
    { uptimeSeconds: 120 },
    { journal: { ...idle.journal, seq: 109, ackedSeq: 104 }, pending: { count: 5, oldestCapturedAt: '2026-03-02T09:59:50.000Z' } },
    { disk: { state: 'roomy', freeBytes: 89_900_000_000 } },
    { feeds: { items: 8 } },
    { traffic: { ...idle.traffic, sentBytesToday: 90_000 } },
    { clock: { offsetMs: -300, uncertaintyMs: 90 } },
  ])('[OPS5] is the same after what happens in any minute: %j', (part) => expect(gist(part)).toBe(gist({})))
  it.each([
    { pending: { count: 1, oldestCapturedAt: '2026-03-02T09:40:00.000Z' } },
    { pending: { count: 5_000 } },
    { journal: { ...idle.journal, missingRecords: 1 } },
    { disk: { state: 'low', freeBytes: 900_000_000 } },
    { openExceptions: 1 },
    { quarantined: 1 },
    { parkedDocuments: 1 },
    { traffic: { ...idle.traffic, open: ['urgent'] } },
    { traffic: { ...idle.traffic, backlogSeconds: 900 } },
    { clock: { offsetMs: 90_000, uncertaintyMs: 90 } },
    { lastRefusal: { code: 'WRONG_STORE', at: '2026-03-02T09:40:00.000Z' } },
  ])('[OPS5] differs when the hub should know: %j', (part) => expect(gist(part)).not.toBe(gist({})))
})
