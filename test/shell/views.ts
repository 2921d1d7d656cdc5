/** Scripted states of one store, for tests of what its manager sees. */
import { emptyCaptureState } from '#main/capture-state.ts'
import { must } from '#sync/contract/assert.ts'
import { managerViewSchema, type AgentStatus, type ManagerView } from '#sync/contract/ipc.ts'
import { identitySchema } from '#sync/contract/config.ts'

export const store = identitySchema.parse({
  deviceId: 'dev-abcdefghijkl',
  storeId: '0042',
  storeName: 'Harbour Street',
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
})

export const enrolledStatus: AgentStatus = {
  agentVersion: '0.1.0',
  enrolment: { state: 'enrolled', hubUrl: 'https://hub.example.com', store },
  capture: { state: 'running', httpPort: 7310, records: 412, ...emptyCaptureState },
  engine: 'running',
  protection: 'operating-system',
}

export const startingStatus: AgentStatus = { ...enrolledStatus, engine: 'starting' }

type Transaction = ManagerView['transactions'][number]

const states: Pick<Transaction, 'state' | 'reason'>[] = [
  { state: 'captured' },
  { state: 'at-hub' },
  { state: 'posted' },
  { state: 'posted' },
  { state: 'held', reason: 'UNKNOWN_ITEM: line 2, barcode 4006381333931' },
]
const kinds = ['sale', 'sale', 'sale', 'return', 'no-sale', 'sale', 'day-open']

export const transactionAt = (index: number): Transaction => ({
  recordId: `dev-abcdefghijkl:aaaaaaaaaaaa:${1_000 - index}`,
  naturalKey: `0042|${1 + (index % 3)}|2026-03-02|${1_000 - index}`,
  workstationId: String(1 + (index % 3)),
  sequenceNumber: 1_000 - index,
  kind: must(kinds[index % kinds.length], 'kind'),
  endedAt: `2026-03-02T${String(18 - Math.floor(index / 30)).padStart(2, '0')}:${String(59 - (index % 60)).padStart(2, '0')}:00`,
  grandMinor: index % 7 === 3 ? -1_299 : 1_250 + index * 137,
  currency: 'EUR',
  ...must(states[index % states.length], 'state'),
})

export const viewWith = (part: Partial<ManagerView> = {}): ManagerView =>
  managerViewSchema.parse({
    store,
    link: { state: 'online', since: '2026-03-02T09:32:00.000Z' },
    pending: { count: 0 },
    counts: { captured: 0, atHub: 0, posted: 0, held: 0, quarantined: 0 },
    transactions: [],
    priceChanges: [],
    quarantine: [],
    ...part,
  })

export const busyView = (rows = 40): ManagerView =>
  viewWith({
    pending: { count: 8, oldestCapturedAt: viewWith().link.since },
    counts: { captured: 1_412, atHub: 1_404, posted: 1_390, held: 3, quarantined: 2 },
    transactions: Array.from({ length: rows }, (_, index) => transactionAt(index)),
    priceChanges: [
      {
        itemId: '100-2001',
        name: 'Espresso beans, 1 kg',
        amountMinor: 1_899,
        previousMinor: 1_749,
        currency: 'EUR',
        effectiveFrom: '2026-03-02T05:00:00.000Z',
        receivedAt: '2026-03-01T17:10:00.000Z',
        inForce: true,
      },
      {
        itemId: '100-2002',
        name: 'Oat drink, 1 litre',
        amountMinor: 199,
        previousMinor: 229,
        currency: 'EUR',
        effectiveFrom: '2026-03-09T05:00:00.000Z',
        receivedAt: '2026-03-01T17:10:00.000Z',
        inForce: false,
      },
      {
        itemId: '100-2003',
        name: 'Reusable cup, green',
        amountMinor: 1_200,
        currency: 'EUR',
        effectiveFrom: '2026-03-01T05:00:00.000Z',
        receivedAt: '2026-02-27T11:00:00.000Z',
        inForce: true,
      },
    ] as ManagerView['priceChanges'],
    quarantine: [
      {
        recordId: 'dev-abcdefghijkl:aaaaaaaaaaaa:77',
        capturedAt: '2026-03-02T11:05:00.000Z',
        source: 'file till-2/2026-03-02-0077.xml',
        reasons: ['MALFORMED: unexpected end of file at line 31', 'WRONG_STORE: store 0099'],
        excerpt: '<POSLog>\n  <Transaction>\n    <RetailStoreID>0099</RetailStoreID>\n    <WorkstationID>2</Workst',
      },
      {
        recordId: 'dev-abcdefghijkl:aaaaaaaaaaaa:61',
        capturedAt: '2026-03-01T16:20:00.000Z',
        source: 'http',
        reasons: ['The total is not a number (totals.grandMinor)'],
        excerpt: '{"storeId":"0042","workstationId":"1","businessDay":"2026-03-01"',
      },
    ] as ManagerView['quarantine'],
  })
