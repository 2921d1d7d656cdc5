/** All texts of the store manager's window, in one place. Plain words: the reader runs a shop, not a computer. */

export const locale = 'en-GB'

const counted = (count: number, one: string, many: string): string => `${count.toLocaleString(locale)} ${count === 1 ? one : many}`

export const messages = {
  product: 'Tideline',
  unnamedStore: 'This store',
  storeNumber: (id: string) => `Store ${id}`,
  syncNow: 'Sync now',
  syncNowDone: 'Started.',
  syncNowFailed: 'Could not be started. It will be tried again by itself.',

  link: {
    label: 'Connection to head office',
    starting: 'Starting…',
    notEnrolled: 'Not set up yet',
    connecting: 'Connecting to head office…',
    online: (since: string) => `Connected to head office since ${since}`,
    offline: (since: string) => `No connection since ${since} — sales are kept here and will be sent`,
    offlineBecause: (since: string, reason: string) => `No connection since ${since}. ${reason}`,
    waiting: (reason: string) => `Waiting to be let in. ${reason}`,
    refused: (reason: string) => `Head office refuses the connection. ${reason}`,
    notTrusted: (reason: string) => `Nothing is sent to head office. ${reason}`,
    restarting: 'The local database is restarting — sales are still taken from the tills',
  },

  capture: {
    failedTitle: 'Sales are not being taken from the tills',
    failed: (reason: string) =>
      `${reason}. Tideline tries again every few seconds. Let the tills keep their receipts and call support if this stays.`,
  },

  disk: {
    free: (size: string) => `${size} of free space left.`,
    low: {
      title: 'This computer’s disk is getting full',
      text: 'Sales are still being saved. Delete files that are no longer needed, or call support, before the disk is full.',
    },
    reserve: {
      title: 'This computer’s disk is full: sales go into the last reserve',
      text: 'The reserve lasts for a short time only. Delete files that are no longer needed now, or call support: after it, no more sales can be taken.',
    },
    full: {
      title: 'The disk is full: sales are not being taken from the tills',
      text: 'Nothing that was saved is lost, and the tills keep their receipts and try again. Delete files that are no longer needed, or call support at once. As soon as there is room, sales are taken again by themselves.',
    },
    failing: {
      title: 'The disk cannot be written to: sales are not being taken from the tills',
      text: 'Call support at once. Nothing that was saved before is touched, and the tills keep their receipts and try again. Do not delete anything, and do not reset the tills.',
    },
    detail: (detail: string) => `Detail for support: ${detail}`,
  },

  progress: {
    label: 'Under way',
    file: (name: string, percent: number, taken: number) => `Reading ${name}: ${percent} %, ${counted(taken, 'receipt', 'receipts')} taken`,
    moreFiles: (count: number) => `and ${counted(count, 'more file', 'more files')}`,
    rebuild: (records: number, total: number) =>
      `Restoring what this computer has saved: ${records.toLocaleString(locale)} of ${total.toLocaleString(locale)}`,
  },

  sizes: {
    megabytes: (n: number) => `${n.toLocaleString(locale)} MB`,
    gigabytes: (n: number) => `${n.toLocaleString(locale)} GB`,
    lessThanMegabyte: 'Less than 1 MB',
    kilobytes: (n: number) => `${n.toLocaleString(locale)} kB`,
  },

  newLife: {
    title: 'This computer’s disk was restored or copied',
    text: (when: string, records: number) =>
      `Noticed ${when}. ${counted(records, 'saved record is', 'saved records are')} being sent again, to be safe; head office counts each sale once. If the disk was put back from a backup, there is nothing to do. If it was copied and the other computer is still in use, switch one of the two off and call head office.`,
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
    attentionNote: (held: number, unread: number, toCheck: number) =>
      [
        ...(held > 0 ? [counted(held, 'sale', 'sales')] : []),
        ...(unread > 0 ? [`${unread.toLocaleString(locale)} not readable`] : []),
        ...(toCheck > 0 ? [`${toCheck.toLocaleString(locale)} to check`] : []),
      ].join(', '),
    nothingToDo: 'nothing to do',
  },

  tabs: {
    label: 'Details',
    transactions: 'Today’s transactions',
    check: 'To check',
    days: 'Days',
    prices: 'Price changes',
    quarantine: 'Could not be read',
    traffic: 'Head office',
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
    'customer-order': 'Customer order',
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

  ownPrices: {
    caption: 'This store’s own prices, newest first',
    headOffice: 'Head office',
    notInForce: 'Not in force',
    states: { captured: 'Not sent yet', 'at-hub': 'Being looked at', posted: 'Accepted', held: 'Not accepted, or not yet' },
  },

  check: {
    intro: 'Tideline found something that only somebody in the shop can explain. Nothing here stops the tills.',
    more: (shown: number, all: number) => `The newest ${shown.toLocaleString(locale)} of ${all.toLocaleString(locale)} are shown.`,
    toDo: 'What to do',
    till: (id: string) => `Till ${id}`,
    receipt: (number: number) => `Receipt ${number}`,
    noticed: (when: string) => `noticed ${when}`,
    emptyTitle: 'Nothing to check',
    empty: 'Missing receipt numbers, receipts that do not add up, and tills whose day does not agree appear here.',
    kinds: {
      MISSING_NUMBER: {
        title: 'A receipt number is missing',
        toDo: 'Look for this receipt at the till. Send it again from there, or note why the number was never used. When it arrives, it leaves this list by itself.',
      },
      DAY_CLOSE_DIFFERS: {
        title: 'The till’s day does not agree with its receipts',
        toDo: 'Compare the till’s own day report with the receipts of that day. If a receipt is missing, send it again from the till, then close the day again.',
      },
      SOURCES_DIFFER: {
        title: 'Two reports of the same receipt do not agree',
        toDo: 'Take the paper receipt and see which of the two is right. Tell the supplier of the one that is wrong.',
      },
      JOURNAL_DAMAGED: {
        title: 'A part of what this computer had saved was damaged',
        toDo: 'Call support: this computer’s disk should be examined. What head office has already received is safe, and is fetched back by itself.',
      },
      DOES_NOT_ADD_UP: {
        title: 'A receipt does not add up',
        toDo: 'Compare it with the paper receipt and tell head office, which sees it too, what is right. If a till does this again and again, call its supplier.',
      },
      KEY_CONFLICT: {
        title: 'A receipt number was used twice',
        toDo: 'Compare both with the till’s own journal. If the second one is a sale as well, have it entered again under a number of its own.',
      },
    },
  },

  days: {
    label: 'Business days, newest first',
    closed: (when: string) => `Closed ${when}`,
    notClosed: 'Not closed yet',
    allWell: 'Every receipt is here',
    missingInDay: (count: number) => `${counted(count, 'number is', 'numbers are')} missing`,
    unreadableInDay: (count: number) => `${counted(count, 'receipt', 'receipts')} could not be read`,
    differs: 'A till says otherwise',
    till: 'Till',
    numbers: 'Numbers',
    receipts: 'Receipts',
    close: 'Close of the day',
    range: (first: number, last: number) => (first === last ? String(first) : `${first} to ${last}`),
    none: 'No receipts yet',
    allHere: (count: number) => (count === 1 ? 'The only receipt is here' : `All ${count.toLocaleString(locale)} receipts are here`),
    missing: (count: number, list: string) => `${counted(count, 'receipt number is', 'receipt numbers are')} missing: ${list}`,
    present: (count: number) => `${counted(count, 'receipt is', 'receipts are')} here.`,
    andMore: (count: number) => `and ${count.toLocaleString(locale)} more`,
    including: (parts: string) => `Including ${parts}.`,
    suspended: (count: number) => `${count.toLocaleString(locale)} suspended`,
    cancelled: (count: number) => `${count.toLocaleString(locale)} cancelled`,
    training: (count: number) => `${count.toLocaleString(locale)} for training`,
    unreadable: (count: number) => `${count.toLocaleString(locale)} of them could not be read: see “Could not be read”.`,
    rolledOver: (ranges: string) => `The till began counting again: ${ranges} were never used.`,
    closeOpen: 'Not closed yet',
    closeWithoutTill: 'Closed; the till gave no totals of its own',
    closeAgrees: 'Closed; the till agrees',
    closeDiffers: 'Closed; the till’s totals differ, see “To check”',
    emptyTitle: 'No business day yet',
    empty: 'Each day appears here with its tills: whether every receipt number is there, and whether the day is closed.',
  },

  compared: {
    agree: (when: string, days: number) =>
      `Compared with head office at ${when}: ${days === 1 ? 'the day agrees' : `all ${days.toLocaleString(locale)} days agree`}`,
    differ: (when: string, days: readonly string[]) =>
      `Compared with head office at ${when}: ${days.join(', ')} ${days.length === 1 ? 'differs' : 'differ'}. Head office has been told; there is nothing to do here`,
  },

  diagnostics: {
    title: 'Support asks for a report on this computer',
    waiting: 'Nothing has been sent. You decide.',
    answer: 'Read and answer',
    later: 'Decide later',
    who: 'Head office’s support would like to see how this computer is doing. The reason given:',
    noReason: 'No reason was given.',
    insideTitle: 'What is in it',
    inside: [
      'Versions of Tideline and of this computer’s system',
      'How full the disk is, and how many receipts are saved and waiting',
      'What the connection to head office is doing',
      'Tideline’s own log: what it did and when, with counts',
    ],
    outsideTitle: 'What is not in it',
    outside: [
      'Receipts, items, amounts or payments',
      'Names of people, customers or staff',
      'Passwords, keys, or the tokens of the tills',
      'File names, addresses and other programs’ data',
    ],
    look: 'See exactly what would be sent',
    making: 'Gathering it…',
    cannotShow: 'It cannot be shown just now. Nothing was sent.',
    size: (size: string) => `This is all of it: ${size} on its way. What was hidden shows as ‹…›.`,
    textLabel: 'Exactly what would be sent',
    yes: 'Yes, send it',
    no: 'No, do not send it',
    failed: 'Your answer could not be saved. Please try again.',
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

  traffic: {
    title: 'Talking to head office',
    windowsCaption: 'What may travel between this store and head office, and when',
    what: 'What travels',
    when: 'When',
    classes: {
      urgent: 'Sales, changed items and prices, alerts',
      routine: 'What was booked, and checks',
      bulk: 'Large loads, such as the first item list',
    },
    always: 'At any time',
    openUntil: (when: string) => `Now, until ${when}`,
    waitsUntil: (when: string) => `Waits until ${when}`,
    onlyByPerson: 'Waits until somebody asks for it with “Sync now”',
    overridden: 'Now, because somebody asked for it',
    overriddenTitle: 'Everything is being sent and fetched now',
    overriddenText: 'Somebody asked for it. When what was waiting is through, the times below and the limit for the day hold again.',
    through: 'Everything will be through',
    throughAt: (when: string) => `About ${when}`,
    cannotSay: 'Cannot be said yet',
    nothingWaits: 'Nothing is waiting',
    waiting: (records: number, catalogue: boolean) =>
      [...(records > 0 ? [counted(records, 'record', 'records')] : []), ...(catalogue ? ['changes from head office'] : [])].join(' and '),
    usedToday: 'Sent and received today',
    used: (bytes: string) => bytes,
    usedOf: (bytes: string, limit: string) => `${bytes} of ${limit}`,
    dayUsedUp: 'The limit for today is used up. Sales and price changes still travel; the rest goes on tomorrow, or with “Sync now”.',
    perSecond: (kilobytes: number) => `At most ${kilobytes.toLocaleString(locale)} kB a second.`,
    metered: 'This connection is paid by the amount: large loads wait for times of their own, or for “Sync now”.',
    clockTitle: 'The clock of this computer is wrong',
    clockText: (minutes: number, ahead: boolean) =>
      `It is about ${counted(minutes, 'minute', 'minutes')} ${ahead ? 'ahead of' : 'behind'} head office. No sale is lost by it and prices begin on time, but receipts may show a wrong time. Set the clock, and let the computer take its time from the network.`,
    syncNowHint:
      '“Sync now” sends and fetches everything that is waiting, also outside the times below and over the limit for the day. On a connection that is paid by the amount this may cost money.',
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
