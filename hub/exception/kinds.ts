/**
 * The closed list of exception kinds: what each means, whose it is, and what its owner does. Every writer, the API and
 * docs/runbooks/hub.md use these names; where an error code says the same, the kind has its name.
 */
export interface ExceptionKindEntry {
  meaning: string
  /** store: where the till and the journal are · hub: where we are. */
  owner: 'store' | 'hub'
  action: string
}

export const exceptionKinds = {
  // What a till sent and nobody could take
  MALFORMED: {
    meaning: 'A till’s file or message is not well-formed.',
    owner: 'store',
    action: 'Find the sale at the till and have its vendor correct the output; the input is in the store’s quarantine folder.',
  },
  INVALID: {
    meaning: 'A field is missing or outside its bounds.',
    owner: 'store',
    action: 'The message names the field: have the till’s vendor correct it, and enter the sale again if it is missing.',
  },
  UNSAFE_XML: {
    meaning: 'An XML document with a document type or entities was refused for safety.',
    owner: 'store',
    action: 'Find out who wrote the file; have the till’s vendor leave the document type out.',
  },
  UNKNOWN_DIALECT: {
    meaning: 'The format is not one that this version reads.',
    owner: 'store',
    action: 'Check the till’s export settings, or update the agent.',
  },
  TOO_LARGE: { meaning: 'A file or message is larger than its bound.', owner: 'store', action: 'Have the till write smaller files.' },
  WRONG_STORE: {
    meaning: 'The transaction names another store than the one whose device sent it.',
    owner: 'store',
    action: 'Correct the store number in the till’s settings, then enter the sale again.',
  },
  WRONG_CURRENCY: {
    meaning: 'The currency is unknown, or not the store’s.',
    owner: 'store',
    action: 'Correct the currency in the till’s settings, then enter the sale again.',
  },
  // What was taken and needs a decision
  KEY_CONFLICT: {
    meaning: 'Two receipts with the same store, till, day and number have other contents. The first counts, both are kept.',
    owner: 'store',
    action: 'Compare both with the till’s journal; have the one that is missing entered under a number of its own.',
  },
  DOCUMENT_CONFLICT: {
    meaning: 'Two stock documents, or two own prices, of a store have the same number and other contents. The first counts, both are kept.',
    owner: 'store',
    action: 'Compare both; hand over the one that is missing under a number of its own.',
  },
  DOES_NOT_ADD_UP: {
    meaning: 'Lines, taxes, totals or tenders of a receipt do not add up. It counts all the same.',
    owner: 'store',
    action: 'Compare it with the paper receipt and book the difference.',
  },
  BROKEN_CHAIN: {
    meaning: 'A record’s hash, or its link to the one before, does not fit. It is kept as received and does not count.',
    owner: 'hub',
    action: 'The journal was damaged or changed: compare the record with the till, and look for who wrote to the store’s disk.',
  },
  NOT_COUNTED: {
    meaning: 'A record is in the log, but a projection could not take it.',
    owner: 'hub',
    action: 'A fault of ours: send the message to support, then rebuild the projection that it names.',
  },
  UNKNOWN_ITEM: {
    meaning: 'A till sells what neither catalogue nor mapping knows. The money counts; the stock of these lines waits.',
    owner: 'hub',
    action:
      'Create the item or add the barcode in the ERP, or say which item it is (POST /v1/unknown-items/{id}/resolve). The lines then move stock by themselves; retry a posting that is still held.',
  },
  SCALE_DIFFERS: {
    meaning: 'A barcode holds another weight or price than the till put on the line. The line counts as the till has it.',
    owner: 'store',
    action: 'Compare the label with the receipt: the scale, the till’s tare or the layout of the barcodes in the mapping is wrong.',
  },
  UNKNOWN_WORD: {
    meaning: 'Tills, a channel or the ERP use a word (a reason, a state, a tender, a tax code) that no mapping brings to one of ours.',
    owner: 'hub',
    action: 'Add the word to the mapping, for that store or channel or for all (POST /v1/mappings/import). It closes by itself.',
  },
  // What the merge policies found; the money counts as the till took it
  RETURN_EXCEEDS_SALE: {
    meaning: 'More of a sale was returned, over all stores and receipts, than was sold. It is in stock once; the rest is held.',
    owner: 'hub',
    action:
      'Ask the stores that returned it. Say whether the goods are there: POST /v1/returns/{originalKey}/decide with accept or reject. It closes then, or by itself when no more is held.',
  },
  RETURN_WITHOUT_SALE: {
    meaning: 'Goods were returned from a sale that the hub does not have. Money and stock count.',
    owner: 'store',
    action:
      'If the sale is on its way, nothing: it closes by itself when it arrives. Else compare the return’s number of the sale with the customer’s receipt.',
  },
  AFTER_CLOSE: {
    meaning: 'Receipts of a till belong to a business day that was closed without them. They count.',
    owner: 'store',
    action: 'Close the day again at the till or its agent; it ends by itself when a newer close covers them.',
  },
  LATE_ARRIVAL: {
    meaning: 'Receipts of a till arrived more than a week after their business day. They count.',
    owner: 'hub',
    action:
      'Nothing, if the store was without its line for so long. Else look for a till or computer with a wrong date. It closes by itself when a close of the day covers them.',
  },
  // What a rebuild found
  PROJECTION_DIFFERED: {
    meaning: 'A rebuild found that a projection is not what the log comes to. The message says where, and whether it was put right.',
    owner: 'hub',
    action:
      'If only a comparison was asked for, rebuild the projection. A mapping or an item that changed since explains stock that moved to another item; for all else look for who wrote to the database, and send the message to support. It closes when a later rebuild or comparison finds no difference.',
  },
  TAX_DIFFERS: {
    meaning: 'A store’s tills tax an item, or under a code, otherwise than the tax master on that day. The receipts count as they are.',
    owner: 'hub',
    action:
      'Correct whichever side is wrong: the till’s item data, the item’s tax code in the ERP, the rate (POST /v1/tax-rates/import) or the mapping of the code. It closes by itself when the master or the mapping was.',
  },
  // What the stock ledger found
  BALANCE_DIFFERS: {
    meaning: 'What the hub has on hand of an item is not what its own ledger of movements comes to.',
    owner: 'hub',
    action: 'A fault of ours: rebuild the projection “stock”, and send the message to support. It closes by itself at the next check.',
  },
  TRANSFER_NOT_RECEIVED: {
    meaning: 'Goods left one store for another, and did not arrive whole within a week.',
    owner: 'hub',
    action:
      'Ask both stores. It closes by itself when the rest is taken in by a transfer-in that names the transfer; what was lost is taken in and adjusted.',
  },
  TRANSFER_DIFFERS: {
    meaning: 'More arrived at a store than the sending store says it sent, or nobody says that it was sent.',
    owner: 'hub',
    action: 'Have the sending store hand over a further transfer-out that names the transfer; it closes by itself when both say the same.',
  },
  STOCK_DIFFERS: {
    meaning: 'The ERP has another stock of an item at a store, and receipts on their way to it do not explain that.',
    owner: 'hub',
    action: 'Have the item counted; correct the side that is wrong. It closes by itself when a comparison finds both the same.',
  },
  // What store and centre decided without knowing of each other
  OVERRIDE_CONFLICT: {
    meaning: 'A store and head office changed the same price or stock, neither knowing of the other, and no rule says who wins.',
    owner: 'hub',
    action:
      'Compare both sides (GET /v1/overrides) and decide (POST /v1/overrides/{id}/resolve), or set a rule for the next one (PUT /v1/override-rules). It closes by itself when it makes no difference any more.',
  },
  // What the store's agent itself found, and told in a record
  MISSING_NUMBER: {
    meaning: 'A receipt number of a till is missing: the numbers before and after it are there.',
    owner: 'store',
    action:
      'Look for the receipt at the till: send it again, or find out why the number was never used. It closes by itself when it arrives.',
  },
  DAY_CLOSE_DIFFERS: {
    meaning: 'At the close of a business day the till’s own totals and those of the receipts that arrived are not the same.',
    owner: 'store',
    action: 'Compare the till’s report with the receipts of that day: a receipt is missing, or the till counts otherwise.',
  },
  SOURCES_DIFFER: {
    meaning: 'Two sources report the same till, and they do not say the same of a receipt.',
    owner: 'store',
    action: 'Compare both with the paper receipt; have the source that is wrong corrected.',
  },
  JOURNAL_DAMAGED: {
    meaning: 'A part of the store’s journal could not be read any more.',
    owner: 'store',
    action: 'Have the disk of the store’s PC checked; compare the receipts that the message names with the till.',
  },
  // What the hub found in a day's close
  CLOSE_NOT_PROVEN: {
    meaning: 'A day’s close does not have the store’s signature, or does not fit the journal that the hub holds.',
    owner: 'hub',
    action: 'The journal was damaged or changed, or somebody else made the close: compare the day with the tills.',
  },
  HUB_TOTALS_DIFFER: {
    meaning: 'For the records that a day’s close covers, the hub counts other sums than the store’s agent.',
    owner: 'hub',
    action: 'Look at the day’s receipts in quarantine or conflict; if there are none, it is a fault of ours: send the message to support.',
  },
  // What store and hub found when they compared
  HUB_FELL_BACK: {
    meaning: 'The hub has less than it once acknowledged to a store: its database was probably restored from a backup.',
    owner: 'hub',
    action: 'Declare the restored database (POST /v1/epochs). The stores then send again what the hub lacks, by themselves.',
  },
  RECORDS_RESENT: {
    meaning: 'A comparison found records missing in the hub’s log that the hub had acknowledged. The store sent them again.',
    owner: 'hub',
    action: 'Nothing is missing any more. Find out what removed them: an incomplete restore, or somebody at the database.',
  },
  RECORDS_DIFFER: {
    meaning: 'The hub’s log holds other records than the store’s journal under the same numbers.',
    owner: 'hub',
    action: 'Log or journal was changed: compare the day with the tills, and look for who wrote to the database or the store’s disk.',
  },
  COUNTS_DIFFER: {
    meaning: 'Store and hub hold the same records of a day, and the hub counts other sums.',
    owner: 'hub',
    action: 'A fault of ours: rebuild the projection “sales”, and send the message to support.',
  },
  CLOCK_DRIFTS: {
    meaning: 'The clock of a store’s computer is wrong. Nothing is ordered by it, but prices begin by it and receipts show it.',
    owner: 'store',
    action: 'Set the computer’s clock, and let it keep time with the network.',
  },
  // What the ERP did not take as it should
  POSTING_REJECTED: {
    meaning: 'The ERP refused the receipt; the message is the ERP’s own.',
    owner: 'hub',
    action: 'Put the cause right in the ERP, then retry the posting.',
  },
  POSTING_TOTAL_DIFFERS: {
    meaning: 'The ERP has the receipt with another total than the till’s.',
    owner: 'hub',
    action: 'Correct or cancel the document in the ERP, then retry the posting.',
  },
  POSTING_FAILED: {
    meaning: 'The connector failed on this receipt again and again.',
    owner: 'hub',
    action: 'A fault of ours: send the message to support; retry the posting after an update.',
  },
  // What the ERP's catalogue says and the stores were not told
  PRICE_NOT_POSITIVE: {
    meaning: 'A price is zero or less. The stores keep what they had.',
    owner: 'hub',
    action: 'Correct the price; one of zero that is meant can be confirmed (POST /v1/catalogue/held/{id}/accept).',
  },
  PRICE_JUMP: {
    meaning: 'A price is many times higher or lower than before. The stores keep what they had.',
    owner: 'hub',
    action: 'Correct the price, or confirm it (POST /v1/catalogue/held/{id}/accept), or refuse it (…/reject).',
  },
  TWO_MASTERS: {
    meaning: 'Two records of the ERP claim one item; it stays with the one that had it.',
    owner: 'hub',
    action: 'Give one of the records another item number in the ERP, or remove it. It closes with the next full comparison.',
  },
  PRICE_IN_OTHER_CURRENCY: {
    meaning: 'The ERP’s price is not in the currency that the item was sold in.',
    owner: 'hub',
    action: 'Correct the price list’s currency in the ERP.',
  },
  BARCODE_ON_TWO_ITEMS: {
    meaning: 'The ERP gives one barcode to two items; it stays with the one that had it.',
    owner: 'hub',
    action: 'Remove the barcode from one of the items in the ERP.',
  },
  ITEM_UNREADABLE: {
    meaning: 'The hub cannot use an item as the ERP has it.',
    owner: 'hub',
    action: 'The message says what is wrong: correct the item in the ERP.',
  },
  // Who is told of availability and does not hear
  SUBSCRIBER_DOWN: {
    meaning:
      'A sales channel has not taken the hub’s availability events for minutes, or said that it is gone: it may sell what is not there.',
    owner: 'hub',
    action:
      'Look at the channel’s endpoint (GET /v1/subscriptions says what it answered). It closes by itself with the first delivery; one that is gone is taken up again by POST /v1/subscriptions/{id}/redeliver, or deleted.',
  },
} as const satisfies Record<string, ExceptionKindEntry>

export type ExceptionKind = keyof typeof exceptionKinds
export const exceptionKindNames = Object.keys(exceptionKinds) as [ExceptionKind, ...ExceptionKind[]]

/** The kinds that a record in quarantine may have; a code that is none of them is INVALID. */
const quarantineKinds = [
  'MALFORMED',
  'INVALID',
  'UNSAFE_XML',
  'UNKNOWN_DIALECT',
  'TOO_LARGE',
  'WRONG_STORE',
  'WRONG_CURRENCY',
  'BROKEN_CHAIN',
] as const satisfies readonly ExceptionKind[]

export const quarantineKind = (code: string | undefined): (typeof quarantineKinds)[number] =>
  quarantineKinds.find((kind) => kind === code) ?? 'INVALID'
