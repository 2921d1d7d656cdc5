/**
 * Who answers at the hub's address, from what a plain request for `/healthz` brought. Only the hub knows the answer's shape. A
 * page that welcomes or sends elsewhere is a stranger's; one that fails or finds nothing is the hub's own front, its hub being down.
 */
import { healthSchema, type ProbeAnswer } from '../contract/health.ts'

export interface ProbeResponse {
  status: number
  text: string
}

const isHealth = (text: string): boolean => {
  try {
    return healthSchema.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

/** "Network authentication required" (RFC 6585): a sign-in page that says so itself. */
const signInStatus = 511
const proxyStatuses: readonly number[] = [403, 407]

export const judgeProbe = (response: ProbeResponse | null): ProbeAnswer => {
  if (response === null) return 'nothing'
  if (isHealth(response.text)) return 'hub'
  if (proxyStatuses.includes(response.status)) return 'proxy'
  return response.status < 400 || response.status === signInStatus ? 'stranger' : 'nothing'
}
