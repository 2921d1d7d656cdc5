/**
 * The wire protocol's version. The snapshot test hashes every schema that travels and fails until `version` is
 * raised with it; `floor` is the oldest version that this build still talks to.
 */
export const protocol = { version: 4, floor: 1 } as const

/** Bounds of one batch; Socket.IO closes a connection whose message is over `maxMessageBytes`. */
export const batchLimits = { maxRecords: 500, maxBytes: 600_000, maxInFlight: 4, maxMessageBytes: 2_000_000 } as const

/** Bounds of what is compressed: bytes on the wire, and bytes that it may grow to. */
export const packedLimits = { maxBytes: 1_000_000, maxInflatedBytes: 4_000_000 } as const
