import { describe, expect, it } from 'vitest'
import { audit, type AuditedSale } from './audit.ts'

const sale = (key: string, grandMinor = 100): AuditedSale => ({ key, grandMinor })
const all = (...sales: AuditedSale[]) => ({ till: [...sales], journal: [...sales], hub: [...sales], erp: [...sales] })

describe('audit', () => {
  it('finds nothing where every stop has every sale once', () => {
    expect(audit(all(sale('a'), sale('b')))).toEqual({ captured: 2, atHub: 2, posted: 2, lost: 0, duplicated: 0, altered: 0, findings: [] })
  })

  it.each(['journal', 'hub', 'erp'] as const)('finds a sale that is missing at %s', (stop) => {
    const sources = all(sale('a'), sale('b'))
    sources[stop].pop()
    const report = audit(sources)
    expect(report.lost).toBe(1)
    expect(report.findings[0]).toMatch(/^b is missing at/)
  })

  it('finds a sale that is twice in the ERP', () => {
    const sources = all(sale('a'))
    sources.erp.push(sale('a'))
    expect(audit(sources)).toMatchObject({ duplicated: 1, lost: 0, posted: 1 })
  })

  it('finds a changed amount', () => {
    const sources = all(sale('a'))
    sources.hub = [sale('a', 99)]
    expect(audit(sources)).toMatchObject({ altered: 1, findings: ['a is 99 at the hub, 100 before'] })
  })

  it('does not call a sale lost whose till died before the answer', () => {
    const sources = all(sale('a'))
    sources.till = []
    expect(audit(sources).lost).toBe(0)
  })

  it('calls an answered sale lost that is nowhere else', () => {
    expect(audit({ till: [sale('a')], journal: [], hub: [], erp: [] }).lost).toBe(1)
  })
})
