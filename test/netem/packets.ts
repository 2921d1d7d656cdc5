/** Cuts a stream of IP packets, as a tunnel device gives them one behind the other, into packets. */

const headerBytes = 6

const lengthOf = (bytes: Buffer): number => {
  const version = (bytes[0] ?? 0) >> 4
  if (version === 4) return bytes.readUInt16BE(2)
  if (version === 6) return 40 + bytes.readUInt16BE(4)
  throw new Error(`not an IP packet: it begins with ${bytes.subarray(0, headerBytes).toString('hex')}`)
}

export const createPacketCutter = (): ((chunk: Buffer) => Buffer[]) => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const packets: Buffer[] = []
    while (rest.length >= headerBytes && rest.length >= lengthOf(rest)) {
      const length = lengthOf(rest)
      packets.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    return packets
  }
}
