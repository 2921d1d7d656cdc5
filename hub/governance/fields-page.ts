/** docs/fields.md, from the owners of fields.ts. Pure. */
import { type OwnedSchema, type Owner, owners, type Way, ways } from './field-rules.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heading), `|${heading.map(() => '---').join('|')}|`, ...rows.map(row)].join('\n')

const entriesOf = <K extends string>(words: Record<K, string>): [K, string][] => Object.entries(words) as [K, string][]

const section = ({ title, source, fields }: OwnedSchema): string =>
  [
    `## ${title}`,
    `Schema: \`${source}\``,
    table(
      ['field', 'given', 'owner', 'who may change it', 'a change travels'],
      fields.map(({ name, isRequired, rule }) => [`\`${name}\``, isRequired ? 'always' : 'may be', rule.owner, rule.mayChange, rule.way]),
    ),
  ].join('\n\n')

export const fieldsPage = (schemas: readonly OwnedSchema[]): string =>
  `${[
    '# Fields and their owners',
    'Made by `npm run fields` from the schemas and from hub/governance/fields.ts; `npm run check` says when it is stale. A field has one owner: everybody else reads it, or asks.',
    table(
      ['owner', 'who that is'],
      entriesOf<Owner>(owners).map(([name, words]) => [name, words]),
    ),
    table(
      ['a change travels', 'how'],
      entriesOf<Way>(ways).map(([name, words]) => [name, words]),
    ),
    ...schemas.map(section),
  ].join('\n\n')}\n`
