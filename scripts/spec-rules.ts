/**
 * Compares the numbered rules of docs/spec.md with the numbers that test titles carry.
 * A rule is a line `- **CAP1** …`; a title carries numbers at its start: it('[CAP1] …') or it('[CAP1] [TRN2] …').
 */

export type SpecCoverage = { uncovered: string[]; unknown: { rule: string; file: string }[] }

const RULE_LINE = /^- \*\*([A-Z]{2,4}\d+)\*\*/gm
const TITLE = /(['"`])((?:\s*\[[A-Z]{2,4}\d+(?:\s*,\s*[A-Z]{2,4}\d+)*\])+)/g
const NUMBER = /[A-Z]{2,4}\d+/g

export const findRules = (spec: string): string[] => [...spec.matchAll(RULE_LINE)].map((match) => match[1] ?? '')

const isComment = (line: string): boolean => /^\s*(\/\/|\*|\/\*)/.test(line)

export const findCarriedRules = (source: string): string[] => {
  const code = source.split('\n').filter((line) => !isComment(line))
  const titles = code.flatMap((line) => [...line.matchAll(TITLE)].map((match) => match[2] ?? ''))
  return [...new Set(titles.flatMap((title) => [...title.matchAll(NUMBER)].map((match) => match[0])))]
}

export const compareSpec = (spec: string, tests: readonly { file: string; source: string }[]): SpecCoverage => {
  const rules = findRules(spec)
  const carried = tests.flatMap(({ file, source }) => findCarriedRules(source).map((rule) => ({ rule, file })))
  return {
    uncovered: rules.filter((rule) => !carried.some((found) => found.rule === rule)),
    unknown: carried.filter((found) => !rules.includes(found.rule)),
  }
}
