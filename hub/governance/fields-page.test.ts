import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type FieldRule, own, owners, ways } from './field-rules.ts'
import { fieldsPage } from './fields-page.ts'
import { ownedSchemas } from './fields.ts'

const rule: FieldRule = { owner: 'till', mayChange: 'nobody | never', way: 'record' }

describe('fields and their owners', () => {
  it('[IDN14] a field without an owner does not compile, nor does an owner without a field; made at run time, it throws', () => {
    const schema = z.strictObject({ kept: z.string(), added: z.string().optional() })
    // @ts-expect-error: `added` has no owner
    expect(() => own('Thing', 'thing.ts', schema, { kept: rule })).toThrow('Thing.added has no owner')
    // @ts-expect-error: there is no field `retired`
    own('Thing', 'thing.ts', schema, { kept: rule, added: rule, retired: rule })
    expect(fieldsPage([own('Thing', 'thing.ts', schema, { kept: rule, added: rule })])).toContain(
      '## Thing\n\nSchema: `thing.ts`\n\n| field | given | owner | who may change it | a change travels |\n|---|---|---|---|---|\n' +
        '| `kept` | always | till | nobody \\| never | record |\n| `added` | may be | till | nobody \\| never | record |\n',
    )
  })

  it('[IDN14] each schema stands on the page once, and every owner and every way is some field’s', () => {
    const titles = ownedSchemas.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    const rules = ownedSchemas.flatMap(({ fields }) => fields.map((field) => field.rule))
    expect(Object.keys(owners).filter((owner) => !rules.some((each) => each.owner === owner))).toEqual([])
    expect(Object.keys(ways).filter((way) => !rules.some((each) => each.way === way))).toEqual([])
  })
})
