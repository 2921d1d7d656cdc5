/**
 * The conservation check: what tills were answered, what the journal holds, what the hub logged and what the ERP booked,
 * each read at its own source and compared by natural key and amount [OPS4].
 */
export interface AuditedSale {
  key: string
  /** What the customer owed, minor units. */
  grandMinor: number
}

export interface AuditSources {
  /** Sales that a till got an answer for, or handed over as a file. */
  till: AuditedSale[]
  journal: AuditedSale[]
  hub: AuditedSale[]
  erp: AuditedSale[]
}

export interface AuditReport {
  captured: number
  atHub: number
  posted: number
  lost: number
  duplicated: number
  altered: number
  /** One line a finding, at most fifty. */
  findings: string[]
}

const stops = ['till', 'journal', 'hub', 'erp'] as const
const stopNames = { till: 'the till', journal: "the store's journal", hub: 'the hub', erp: 'the ERP' } as const

const countByKey = (sales: AuditedSale[]): Map<string, AuditedSale[]> => {
  const byKey = new Map<string, AuditedSale[]>()
  for (const sale of sales) {
    const same = byKey.get(sale.key)
    if (same) same.push(sale)
    else byKey.set(sale.key, [sale])
  }
  return byKey
}

/**
 * A sale known anywhere must be at every stop, once, with the amount it had at the first.
 * `lost` and `duplicated` count sales, not findings.
 */
export const audit = (sources: AuditSources): AuditReport => {
  const at = {
    till: countByKey(sources.till),
    journal: countByKey(sources.journal),
    hub: countByKey(sources.hub),
    erp: countByKey(sources.erp),
  }
  const keys = new Set(stops.flatMap((stop) => [...at[stop].keys()]))
  const lost = new Set<string>()
  const duplicated = new Set<string>()
  const altered = new Set<string>()
  const findings: string[] = []
  for (const key of keys) {
    const first = stops.map((stop) => at[stop].get(key)?.[0]).find((sale) => sale !== undefined)
    for (const stop of stops) {
      const sales = at[stop].get(key) ?? []
      // A till that was cut off before its answer does not know its sale; the journal may have it all the same.
      if (sales.length === 0 && stop !== 'till') {
        lost.add(key)
        findings.push(`${key} is missing at ${stopNames[stop]}`)
      }
      if (sales.length > 1) {
        duplicated.add(key)
        findings.push(`${key} is ${sales.length} times at ${stopNames[stop]}`)
      }
      for (const sale of sales) {
        if (sale.grandMinor === first?.grandMinor) continue
        altered.add(key)
        findings.push(`${key} is ${sale.grandMinor} at ${stopNames[stop]}, ${first?.grandMinor} before`)
      }
    }
  }
  return {
    captured: at.journal.size,
    atHub: at.hub.size,
    posted: at.erp.size,
    lost: lost.size,
    duplicated: duplicated.size,
    altered: altered.size,
    findings: findings.slice(0, 50),
  }
}
