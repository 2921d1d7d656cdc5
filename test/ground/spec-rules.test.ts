import { expect, it } from 'vitest'
import { compareSpec, findCarriedRules, findRules } from '#scripts/spec-rules.ts'

/** Joined here, so that this file itself does not seem to carry a number. */
const title = (...numbers: string[]): string => `it('${numbers.map((number) => `[${number}]`).join(' ')} does it', () => {})`
const aside = (number: string): string => `it('see [${number}]', () => {})`

const spec = ['## Capture', '', '- **ABC1** First.', '- **ABC2** Second, see **ABC1**.', '- plain', 'text **ABC9**'].join('\n')

it('reads the rules from the lines that start with a number', () => {
  expect(findRules(spec)).toEqual(['ABC1', 'ABC2'])
})

it('reads the numbers at the start of titles, one or several', () => {
  expect(findCarriedRules(`${title('ABC1')}\n${title('ABC1, ABC2', 'TRN10')}`)).toEqual(['ABC1', 'ABC2', 'TRN10'])
})

it('reads no numbers from comments or from the middle of a text', () => {
  expect(findCarriedRules(`// ${title('ABC1')}\n * ${title('ABC2')}\n${aside('ABC3')}\nconst x = list[ABC4]`)).toEqual([])
})

it('lists rules that no test carries, and tests that name an unknown rule', () => {
  expect(compareSpec(spec, [{ file: 'a.test.ts', source: `${title('ABC2')}\n${title('XYZ7')}` }])).toEqual({
    uncovered: ['ABC1'],
    unknown: [{ rule: 'XYZ7', file: 'a.test.ts' }],
  })
})
