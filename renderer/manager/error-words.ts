/** Every error code in a store manager's words: what it means here, and what to do. Complete by type: a new code does not compile without words. */
import { errorCodes, type ErrorCode } from '#sync/contract/error-codes.ts'

export const errorWords: Record<ErrorCode, string> = {
  MALFORMED: 'The till sent something that could not be read. Tell the till’s supplier.',
  INVALID: 'A value is missing or impossible. Tell the till’s supplier.',
  UNSAFE_XML: 'The till sent a file with contents that are refused for safety. Tell the till’s supplier.',
  UNKNOWN_DIALECT: 'The till sent a kind of file that is not known here. Tell the till’s supplier.',
  TOO_LARGE: 'The till sent more at once than is allowed.',
  UNAUTHORIZED: 'The till’s access key is missing or wrong. Its settings must be corrected.',
  NOT_FOUND: 'Nothing is known under this number.',
  KEY_CONFLICT: 'This receipt number came twice with different contents. Both are kept; somebody must decide which is right.',
  WRONG_STORE: 'This receipt belongs to another store. Check the store number set in the till.',
  WRONG_CURRENCY: 'This receipt is in a currency that this store does not use. Check the till’s settings.',
  WRONG_WORKSTATION: 'A till used another till’s access key. Its settings must be corrected.',
  CANNOT_WRITE: 'This computer’s disk cannot be written to. Free some space at once: sales are not being saved.',
  NOT_READY: 'The local database is starting. Sales are still taken; please wait a moment.',
  UNKNOWN_DEVICE: 'Head office does not know this computer. It must be enrolled again.',
  REVOKED_DEVICE: 'Head office has blocked this computer. Sales are kept here; call head office.',
  BAD_SIGNATURE: 'Head office could not recognise this computer. Sales are kept here; call head office.',
  BAD_ENROLMENT_CODE: 'This code is wrong, already used or too old. Ask head office for a new one.',
  BELOW_FLOOR: 'This version of Tideline is too old for head office. Sales are kept here; Tideline must be updated.',
  UNKNOWN_MESSAGE: 'Head office sent something this version does not know. It was set aside; Tideline may need an update.',
  SEQUENCE_GAP: 'Head office is missing earlier sales. They are being sent again by themselves.',
  BROKEN_CHAIN: 'A stored sale no longer matches its seal. It is kept for inspection; call head office.',
  JOURNAL_BEHIND: 'Head office holds more sales than this computer: its disk was restored or copied. Call head office.',
  HUB_UNAVAILABLE: 'Head office’s system is busy. Sales are kept here and will be sent.',
  HUB_BUSY: 'Many stores are coming back at once, and head office lets them in one after the other. Sales are kept here and will be sent.',
  HUB_FELL_BACK:
    'Head office has less than it once confirmed. Nothing is sent until head office has looked; sales are kept here. Call head office.',
  NETWORK_SIGN_IN: 'The network wants somebody to sign in first. Open a web browser on this computer and sign in. Sales are kept here.',
  PROXY_REFUSED:
    'This store’s network does not let the connection to head office through. Tell whoever keeps the network. Sales are kept here.',
  SESSION_REPLACED:
    'Another connection of this computer took over. If this comes back, a copy of its disk is running elsewhere: call head office.',
  ERP_REJECTED: 'Head office’s accounting refused this sale. Somebody there must look at it.',
  ERP_UNAVAILABLE: 'Head office’s accounting is away or slow. It is tried again by itself.',
  UNKNOWN_ITEM: 'An item on this receipt is not in head office’s item list.',
  DOES_NOT_ADD_UP: 'The amounts on this receipt do not add up. It was taken all the same; somebody must look at it.',
  INTERNAL: 'Something went wrong in Tideline itself. If it stays, send the log to support.',
}

export interface WordedReason {
  words: string
  /** What the machine said, for whoever looks closer. */
  detail?: string
}

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text)

/** Turns "CODE: detail" or "CODE" into plain words; other text is shown as it is. */
export const wordReason = (reason: string): WordedReason => {
  const [, code, detail] = /^([A-Z_]+)(?:: *([\s\S]*))?$/.exec(reason) ?? []
  if (!code || !isErrorCode(code)) return { words: reason }
  return { words: errorWords[code], ...(detail ? { detail } : {}) }
}
