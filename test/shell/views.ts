/** Scripted states of one store, for tests of what its manager sees. */
import { emptyCaptureState } from '#main/capture-state.ts'
import { must } from '#sync/contract/assert.ts'
import {
  agentStatusSchema,
  businessDayStateSchema,
  managerViewSchema,
  openExceptionSchema,
  type AgentStatus,
  type ManagerView,
} from '#sync/contract/ipc.ts'
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

type RunningCapture = Extract<AgentStatus['capture'], { state: 'running' }>

/** Enrolled and capturing, with this to say of capture. */
export const statusWith = (part: Partial<RunningCapture>, status: Partial<AgentStatus> = {}): AgentStatus =>
  agentStatusSchema.parse({ ...enrolledStatus, ...status, capture: { ...enrolledStatus.capture, ...part } })

const open = (raisedAt: string, exception: Record<string, unknown>): RunningCapture['exceptions'][number] =>
  ({
    raisedAt,
    exception: openExceptionSchema.shape.exception.parse({ state: 'open', ...exception }),
  }) as RunningCapture['exceptions'][number]

const missing = (sequenceNumber: number, raisedAt: string) =>
  open(raisedAt, {
    exceptionId: `MISSING_NUMBER:2|2026-03-02|${sequenceNumber}`,
    kind: 'MISSING_NUMBER',
    message: `Till 2 sent receipts ${sequenceNumber - 1} (at 11:42) and ${sequenceNumber + 1} (at 11:47), but not ${sequenceNumber}.`,
    workstationId: '2',
    businessDay: '2026-03-02',
    sequenceNumber,
  })

export const openExceptions: RunningCapture['exceptions'] = [
  open('2026-03-02T20:14:00.000Z', {
    exceptionId: 'DAY_CLOSE_DIFFERS:3|2026-03-02',
    kind: 'DAY_CLOSE_DIFFERS',
    message: 'Till 3 reports 98 receipts and €2,114.50 in cash; 97 receipts and €2,102.00 in cash have arrived here.',
    workstationId: '3',
    businessDay: '2026-03-02',
    amountMinor: 1_250,
    currency: 'EUR',
  }),
  missing(1_051, '2026-03-02T11:10:00.000Z'),
  missing(1_043, '2026-03-02T10:58:00.000Z'),
  open('2026-03-01T16:20:00.000Z', {
    exceptionId: 'SOURCES_DIFFER:1|2026-03-01|871',
    kind: 'SOURCES_DIFFER',
    message: 'The till itself says €14.50 for receipt 871, its back-office database says €15.40.',
    workstationId: '1',
    businessDay: '2026-03-01',
    sequenceNumber: 871,
    amountMinor: 90,
    currency: 'EUR',
  }),
  open('2026-02-28T15:31:00.000Z', {
    exceptionId: 'DOES_NOT_ADD_UP:dev-aaaaaaaaaaaa:aaaaaaaaaaaa:391',
    kind: 'DOES_NOT_ADD_UP',
    message:
      'Till 1: receipt 612 of 28 February 2026 says 23.40 EUR in total, but its lines make 23.40 EUR, its net and tax 23.40 EUR, its payments 20.00 EUR. It was taken as the till sent it.',
    workstationId: '1',
    businessDay: '2026-02-28',
    sequenceNumber: 612,
    amountMinor: 2_340,
    currency: 'EUR',
  }),
  open('2026-02-28T11:05:00.000Z', {
    exceptionId: 'KEY_CONFLICT:dev-aaaaaaaaaaaa:aaaaaaaaaaaa:377',
    kind: 'KEY_CONFLICT',
    message:
      'Till 1: receipt 598 of 28 February 2026 came again with other contents. The second one is of 7.95 EUR. Both are kept, and the first one counts.',
    workstationId: '1',
    businessDay: '2026-02-28',
    sequenceNumber: 598,
    amountMinor: 795,
    currency: 'EUR',
  }),
  open('2026-02-27T07:01:00.000Z', {
    exceptionId: 'JOURNAL_DAMAGED:aaaaaaaaaaaa:41-43',
    kind: 'JOURNAL_DAMAGED',
    message: 'Records 41 to 43 could not be read after the power cut of this morning.',
  }),
]

const till = (workstationId: string, first: number, last: number, close: string, change: Record<string, unknown> = {}) => {
  const { explained, ...rest } = change
  const nothing = { suspended: 0, cancelled: 0, training: 0, quarantined: 0 }
  return {
    workstationId,
    close,
    ledger: {
      first,
      last,
      seen: last - first + 1,
      explained: { ...nothing, ...(explained as object) },
      rolledOver: [],
      missing: [],
      ...rest,
    },
  }
}

export const businessDays: RunningCapture['days'] = [
  {
    businessDay: '2026-03-02',
    closedAt: '2026-03-02T20:14:00.000Z',
    workstations: [
      till('1', 801, 1_014, 'agrees', { explained: { suspended: 2, cancelled: 1, training: 3 } }),
      till('2', 1_001, 1_083, 'open', {
        seen: 81,
        explained: { quarantined: 1 },
        missing: [
          { from: 1_043, to: 1_043 },
          { from: 1_051, to: 1_051 },
        ],
      }),
      till('3', 512, 608, 'differs'),
    ],
  },
  {
    businessDay: '2026-03-01',
    closedAt: '2026-03-01T19:02:00.000Z',
    workstations: [till('1', 640, 800, 'agrees'), till('2', 9_947, 12, 'agrees', { seen: 55, rolledOver: [{ from: 9_990, to: 9_999 }] })],
  },
  { businessDay: '2026-02-28', workstations: [till('1', 500, 639, 'open', { explained: { quarantined: 2 } })] },
].map((day) => businessDayStateSchema.parse(day))

export const busyStatus = (status: Partial<AgentStatus> = {}): AgentStatus =>
  statusWith({ exceptions: openExceptions, exceptionCount: openExceptions.length, days: businessDays }, status)

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

/** A store whose centre allows large loads at night only. */
export const syncView = (part: Partial<NonNullable<ManagerView['sync']>> = {}): ManagerView =>
  managerViewSchema.parse({
    ...busyView(),
    sync: {
      windows: [
        { class: 'urgent', open: true },
        { class: 'routine', open: true, changesAt: '2026-03-02T21:00:00.000Z' },
        { class: 'bulk', open: false, changesAt: '2026-03-02T22:30:00.000Z' },
      ],
      overridden: false,
      caps: { kilobytesPerSecond: 50, megabytesPerDay: 500, metered: true, usedBytesToday: 34_900_000 },
      forecast: { records: 1_312, catalogue: true, throughAt: '2026-03-02T23:05:00.000Z' },
      ...part,
    },
  })
