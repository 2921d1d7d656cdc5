/** All texts of the store manager's window, in one place. Plain words: the reader runs a shop, not a computer. */

export const locale = 'en-GB'

const counted = (count: number, one: string, many: string): string => `${count.toLocaleString(locale)} ${count === 1 ? one : many}`

export const messages = {
  product: 'Tideline',
  unnamedStore: 'This store',
  storeNumber: (id: string) => `Store ${id}`,
  sendNow: 'Send now',
  sendNowDone: 'Sending now.',
  sendNowFailed: 'Could not start sending. It will be tried again by itself.',

  link: {
    label: 'Connection to head office',
    starting: 'Starting…',
    notEnrolled: 'Not set up yet',
    connecting: 'Connecting to head office…',
    online: (since: string) => `Connected to head office since ${since}`,
    offline: (since: string) => `No connection since ${since} — sales are kept here and will be sent`,
    refused: (reason: string) => `Head office refuses the connection. ${reason}`,
    restarting: 'The local database is restarting — sales are still taken from the tills',
  },

  capture: {
    failedTitle: 'Sales are not being taken from the tills',
    failed: (reason: string) =>
      `${reason}. Tideline tries again every few seconds. Let the tills keep their receipts and call support if this stays.`,
  },

  newLife: {
    title: 'This computer’s disk was restored or copied',
    text: (when: string, records: number) =>
      `Noticed ${when}. ${counted(records, 'saved record is', 'saved records are')} being sent again, to be safe; head office counts each sale once. There is nothing to do.`,
  },

  tiles: {
    label: 'At a glance',
    waiting: 'Waiting to be sent',
    nothingWaiting: 'Everything has been sent',
    oldest: (age: string) => `oldest: ${age}`,
    captured: 'Saved here',
    capturedNote: 'taken from the tills',
    atHub: 'At head office',
    atHubNote: 'received there',
    posted: 'Booked',
    postedNote: 'in the accounts',
    attention: 'Need attention',
    attentionNote: (held: number, unread: number) => `${counted(held, 'sale', 'sales')}, ${unread.toLocaleString(locale)} not readable`,
    nothingToDo: 'nothing to do',
  },

  tabs: {
    label: 'Details',
    transactions: 'Today’s transactions',
    prices: 'Price changes',
    quarantine: 'Could not be read',
  },

  transactions: {
    caption: 'Transactions of the newest business day, newest first',
    time: 'Time',
    till: 'Till',
    number: 'Number',
    kind: 'Kind',
    amount: 'Amount',
    state: 'State',
    filterLabel: 'Show',
    filterAll: 'All',
    filterWaiting: 'Waiting',
    filterAttention: 'Need attention',
    emptyTitle: 'No transactions yet today',
    empty: 'The first sale appears here the moment a till sends it.',
    emptyFilter: 'Nothing here matches.',
    shown: (shown: number) => (shown >= 200 ? 'The newest 200 are shown.' : counted(shown, 'transaction', 'transactions')),
  },

  states: {
    captured: 'Saved, waiting to be sent',
    'at-hub': 'At head office',
    posted: 'Booked',
    held: 'Needs attention',
  },

  kinds: {
    sale: 'Sale',
    return: 'Return',
    exchange: 'Exchange',
    'post-void': 'Cancelled afterwards',
    suspended: 'Suspended',
    cancelled: 'Cancelled',
    training: 'Training',
    'no-sale': 'Drawer opened',
    'paid-in': 'Paid in',
    'paid-out': 'Paid out',
    loan: 'Change added',
    'pick-up': 'Cash taken out',
    settlement: 'Settlement',
    'sign-on': 'Signed on',
    'sign-off': 'Signed off',
    'day-open': 'Day opened',
    'day-close': 'Day closed',
    other: 'Other',
  },

  prices: {
    caption: 'Price changes received from head office, newest first',
    item: 'Item',
    price: 'Price',
    from: 'Valid from',
    status: 'In force?',
    inForce: 'In force',
    upcoming: 'Not yet',
    newItem: 'new',
    wasNow: (was: string, now: string) => `was ${was}, now ${now}`,
    emptyTitle: 'No price changes received',
    empty: 'New prices from head office appear here, with the time from which they are valid.',
  },

  quarantine: {
    intro: 'These inputs were kept whole, but could not be understood. They are not counted as sales until somebody has looked at them.',
    received: (when: string) => `Received ${when}`,
    from: (source: string) => `from ${source}`,
    beginning: 'How it begins',
    detail: 'Detail for support',
    emptyTitle: 'Everything could be read',
    empty: 'Anything a till sends that cannot be understood is kept here, never thrown away.',
  },

  enrolment: {
    title: 'Set up this computer',
    intro: 'Head office gives you an address and a one-time code. With them, this computer becomes this store’s link to head office.',
    hubUrl: 'Address of head office',
    hubUrlPlaceholder: 'https://hub.example.com',
    code: 'One-time code',
    codeHint: 'Twelve letters and digits, such as ABCD-EFGH-JKLM',
    submit: 'Connect this store',
    waiting: (hub: string) => `Waiting for ${hub} to answer. It is tried again by itself.`,
    unreachable: (detail: string) => `${detail} Check the address and the network, then try again.`,
    badUrl: 'The address must begin with https:// or http://',
    badCode: 'A code has twelve letters and digits, such as ABCD-EFGH-JKLM',
  },

  loading: {
    starting: 'Starting…',
    engine: 'Reading what this computer has saved…',
    safe: (records: number) => `${counted(records, 'record is', 'records are')} safe in this computer’s journal. Sales are being taken.`,
  },

  fault: {
    title: 'This window has a fault',
    text: 'Sales are still taken in the background. Reload the window; if the fault comes back, call support.',
    reload: 'Reload',
  },

  footer: {
    version: (version: string) => `Tideline ${version}`,
    weakVault: 'This computer cannot encrypt its key; it is protected by file permissions alone.',
    till: (port: number) => `Tills send to port ${port}`,
  },

  ages: {
    moments: 'a few seconds',
    minutes: (n: number) => counted(n, 'minute', 'minutes'),
    hours: (n: number) => counted(n, 'hour', 'hours'),
    days: (n: number) => counted(n, 'day', 'days'),
  },
} as const
