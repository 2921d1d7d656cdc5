/**
 * The closed list of error codes. Each comment is the operator's manual: what it means, and what to do.
 * `retry`: transient = the same call may succeed later; fatal = not before a person changed something.
 */
export const errorCodes = {
  /** The body or file is not well-formed. Ask the till's vendor; the input is in quarantine. */
  MALFORMED: { retry: 'fatal' },
  /** Well-formed, but a field is missing or outside its bounds. The reasons name the field. */
  INVALID: { retry: 'fatal' },
  /** A document type, entity or nesting that no till needs: refused for safety. */
  UNSAFE_XML: { retry: 'fatal' },
  /** The format is not one that this version reads. */
  UNKNOWN_DIALECT: { retry: 'fatal' },
  /** The body is larger than the limit that the message names. Split it, or use the watched folder. */
  TOO_LARGE: { retry: 'fatal' },
  /** The token is missing or wrong. Copy it from the agent's settings. */
  UNAUTHORIZED: { retry: 'fatal' },
  /** No such address, item or record. */
  NOT_FOUND: { retry: 'fatal' },
  /** The same store, workstation, day and number came before with other content. Both are kept. */
  KEY_CONFLICT: { retry: 'fatal' },
  /** The transaction names another store than the one this agent is enrolled for. */
  WRONG_STORE: { retry: 'fatal' },
  /** The currency is unknown, or not this store's. */
  WRONG_CURRENCY: { retry: 'fatal' },
  /** A till's token was used for a transaction of another workstation. Correct the till's settings, or give it a token of its own. */
  WRONG_WORKSTATION: { retry: 'fatal' },
  /** The journal cannot be written (disk full, read-only). The till must keep the sale and try again. */
  CANNOT_WRITE: { retry: 'transient' },
  /** The local database is starting or restarting. Capture works; look-ups will again in a moment. */
  NOT_READY: { retry: 'transient' },
  /** The hub does not know this device. Enrol it. */
  UNKNOWN_DEVICE: { retry: 'fatal' },
  /** The device was revoked at the hub. Capture goes on; nothing is sent until it is enrolled again. */
  REVOKED_DEVICE: { retry: 'fatal' },
  /** The proof of the device's key did not match. */
  BAD_SIGNATURE: { retry: 'fatal' },
  /** The enrolment code is wrong, used, or expired. Ask the hub's operator for a new one. */
  BAD_ENROLMENT_CODE: { retry: 'fatal' },
  /** This agent speaks an older protocol than the hub still serves. Update it; capture goes on. */
  BELOW_FLOOR: { retry: 'fatal' },
  /** The message is of a newer protocol, or not of the contract. It is set aside. */
  UNKNOWN_MESSAGE: { retry: 'fatal' },
  /** The records do not continue where the hub stands; the answer names the expected sequence. */
  SEQUENCE_GAP: { retry: 'transient' },
  /** A record's hash or its link to its predecessor does not fit. It is kept and held for a person. */
  BROKEN_CHAIN: { retry: 'fatal' },
  /**
   * The hub holds more of this journal than the store does: the disk was restored or cloned. The agent goes on under a new incarnation
   * by itself, at most once a day; if the code stays, the agent's log says why.
   */
  JOURNAL_BEHIND: { retry: 'fatal' },
  /** The hub cannot reach its database just now. */
  HUB_UNAVAILABLE: { retry: 'transient' },
  /** More stores want in than the hub serves at once. The agent comes back when it was told to. */
  HUB_BUSY: { retry: 'transient' },
  /**
   * The hub has less than it once acknowledged, and does not say that it was restored: nothing is sent, so that nothing is mixed. The
   * hub's operator declares the restored database (docs/runbooks/hub.md); the stores then fill it again by themselves.
   */
  HUB_FELL_BACK: { retry: 'fatal' },
  /** Something between store and hub answers in the hub's place: a sign-in page of the network. Sign in on this computer. */
  NETWORK_SIGN_IN: { retry: 'transient' },
  /** A proxy does not let the connection through. Have the network's keeper allow the hub's address. */
  PROXY_REFUSED: { retry: 'transient' },
  /** Another connection with this device's journal took over. Seen again and again: two computers have the same disk. */
  SESSION_REPLACED: { retry: 'transient' },
  /** The ERP refused the posting; the message is the ERP's own. */
  ERP_REJECTED: { retry: 'fatal' },
  /** The ERP is away, slow, or asks to slow down. */
  ERP_UNAVAILABLE: { retry: 'transient' },
  /** The line's item is not in the catalogue. */
  UNKNOWN_ITEM: { retry: 'fatal' },
  /** The receipt's lines, taxes, totals or tenders do not add up. It happened all the same and was taken. */
  DOES_NOT_ADD_UP: { retry: 'fatal' },
  /** A fault of ours. Send the log to support. */
  INTERNAL: { retry: 'transient' },
} as const satisfies Record<string, { retry: 'transient' | 'fatal' }>

export type ErrorCode = keyof typeof errorCodes
export const errorCodeNames = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]
