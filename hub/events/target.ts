/**
 * Where webhooks may go: https, or http to this very computer. Addresses inside a network are refused unless the hub is told otherwise,
 * whatever name leads to them, at the time of each connection: a name may change its mind.
 */
import { lookup as lookUp, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export type PrivateTargets = 'refuse' | 'allow'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const inside = new BlockList()
for (const [network, prefix] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
  ] as const),
  ...([
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
])
  inside.addSubnet(network, prefix)
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, prefix, 'ipv6')

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
export const isInside = (address: string): boolean => inside.check(address, family(address))
const isLoopback = (address: string): boolean => loopback.check(address, family(address))

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
const isThisComputer = (host: string): boolean => host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))

/** Why webhooks do not go there; null where they may. */
export const refusedTarget = (text: string, targets: PrivateTargets): string | null => {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'The address must be an https URL.'
  if (url.username !== '' || url.password !== '')
    return 'The address must not hold a user or password: the signature is what a receiver checks.'
  const host = hostOf(url)
  if (isThisComputer(host)) return null
  if (url.protocol !== 'https:') return 'The address must be https; http is for this computer alone.'
  if (targets === 'refuse' && isIP(host) !== 0 && isInside(host))
    return `The address ${host} is inside a network; the hub is not set to send there.`
  return null
}

/** For a connection to the URL's host: the addresses of its name, or an error where one of them is inside. */
export const guardedLookup = (text: string, targets: PrivateTargets): LookupFunction => {
  const isFree = targets === 'allow' || isThisComputer(hostOf(new URL(text)))
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const hidden = isFree ? undefined : addresses?.find(({ address }) => isInside(address))
      const [first] = addresses ?? []
      if (error) callback(error, '', 0)
      else if (hidden)
        callback(Object.assign(new Error(`${hostname} leads to ${hidden.address}, inside a network`), { code: 'EACCES' }), '', 0)
      else if (options.all === true) callback(null, addresses)
      else callback(null, first?.address ?? '', first?.family ?? 0)
    })
  }
}
