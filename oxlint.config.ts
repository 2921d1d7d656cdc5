/** Lint rules; the import zones come from scripts/zones.ts. A later override replaces an earlier one of the same rule. */
import { defineConfig, type OxlintConfig } from 'oxlint'
import { electronFiles, openFolders, zones, type Zone } from './scripts/zones.ts'

type Override = NonNullable<OxlintConfig['overrides']>[number]
type Rules = NonNullable<Override['rules']>
type Pattern = { regex: string; message: string } | { group: string[]; message: string }

const DEEPEST = 6
const SOURCES = '{ts,tsx}'

const escape = (text: string): string => text.replaceAll('/', '\\/').replaceAll('.', '\\.')

/** oxlint's expressions know no look-ahead, so that the forbidden zones are named, not the allowed ones. */
const specifierOf = (zone: Zone): string => `${escape(zone.folder)}\\/${zone.isShallow === true ? '[^\\/]+$' : ''}`
const everySpecifier = [...zones, ...openFolders.map((folder): Zone => ({ folder, imports: [] }))]

const forbiddenZones = (zone: Zone): Pattern => {
  const allowed = [zone.folder, ...zone.imports]
  const forbidden = everySpecifier.filter((other) => !allowed.includes(other.folder)).map(specifierOf)
  const besides = zone.imports.length === 0 ? 'no other zone' : zone.imports.join(', ')
  return { regex: `^#(?:${forbidden.join('|')})`, message: `${zone.folder} may import ${besides}, besides its own files.` }
}

const parentOf = (folder: string): string => folder.split('/').slice(0, -1).join('/')

/**
 * Zones in one folder (sync/…, renderer/…) may name an allowed neighbour, or that folder's own files, by a relative path;
 * every other relative path stays inside its zone.
 */
const forbiddenNeighbours = (zone: Zone): string => {
  const parent = parentOf(zone.folder)
  const allowed = [zone.folder, ...zone.imports]
  const neighbours = zones.filter((other) => parentOf(other.folder) === parent && !allowed.includes(other.folder))
  const parentFiles = allowed.includes(parent) ? [] : ['[^\\/]+$']
  return [...neighbours.map((other) => `${other.folder.slice(parent.length + 1)}\\/`), ...parentFiles, '\\.\\.\\/'].join('|')
}

const outsidePath = (zone: Zone, depth: number): Pattern => {
  const up = `^(?:\\.\\/)?(?:\\.\\.\\/){${depth + 1}}`
  const regex = parentOf(zone.folder) === '' ? up : `${up}(?:${forbiddenNeighbours(zone)})`
  return { regex, message: `This relative path leaves ${zone.folder} for a file that it may not import, or should import as #zone/….` }
}

/** From the folder's own files downwards, into a zone below that is not allowed. */
const forbiddenBelow = (zone: Zone): Pattern[] => {
  const below = zones.filter((other) => parentOf(other.folder) === zone.folder && !zone.imports.includes(other.folder))
  if (zone.isShallow !== true || below.length === 0) return []
  const names = below.map((other) => other.folder.slice(zone.folder.length + 1)).join('|')
  return [{ regex: `^\\.\\/(?:${names})\\/`, message: `The files of ${zone.folder} itself may not import ${names}.` }]
}

const electronImport: Pattern = { regex: '^electron(?:$|\\/)', message: `Only ${electronFiles.join(', ')} may import electron.` }

const forbiddenPackages = (zone: Zone): Pattern[] => {
  if (zone.packages === undefined) return [electronImport]
  const allowed = zone.packages.flatMap((name) => [`!${name}`, `!${name}/**`])
  const message = `${zone.folder} is pure: it may import ${zone.packages.join(', ')}; all else arrives through a port.`
  return [{ group: ['*', '**/*', '!./**', '!../**', '![#]**', '![#]**/**', ...allowed], message }]
}

const restrictImports = (patterns: Pattern[]): Rules => ({ 'no-restricted-imports': ['error', { patterns }] })

const filesAtDepth = (zone: Zone, depth: number): string => `${zone.folder}/${'*/'.repeat(depth)}*.${SOURCES}`

const zoneOverrides = (zone: Zone): Override[] => {
  const depths = zone.isShallow === true ? [0] : Array.from({ length: DEEPEST }, (_, depth) => depth)
  return depths.map((depth) => ({
    files: [filesAtDepth(zone, depth)],
    rules: restrictImports([forbiddenZones(zone), outsidePath(zone, depth), ...forbiddenBelow(zone), ...forbiddenPackages(zone)]),
  }))
}

const purity: Override = {
  files: zones.filter((zone) => zone.isPure === true).map((zone) => `${zone.folder}/**/*.${SOURCES}`),
  rules: {
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'Core reads no clock: take the time as an argument.' },
      { object: 'Math', property: 'random', message: 'Core reads no randomness: take it from a port.' },
      { object: 'performance', property: 'now', message: 'Core reads no clock: take the time as an argument.' },
      { object: 'crypto', property: 'randomUUID', message: 'Core reads no randomness: take it from a port.' },
    ],
    'no-restricted-globals': ['error', 'process', 'window', 'document', 'fetch', 'setTimeout', 'setInterval', 'localStorage'],
    'tideline/no-clock-construction': 'error',
  },
}

const shell: Override = {
  files: electronFiles,
  rules: restrictImports(zones.filter((zone) => zone.folder === 'main').flatMap((zone) => [forbiddenZones(zone), outsidePath(zone, 0)])),
}

/** Tests bring their doubles from anywhere, but Electron stays in the shell: elsewhere it would not even load. */
const tests: Override = {
  files: [`**/*.test.${SOURCES}`],
  rules: {
    ...restrictImports([electronImport]),
    'no-restricted-globals': 'off',
    'no-restricted-properties': 'off',
    'typescript/no-non-null-assertion': 'off',
    'tideline/no-clock-construction': 'off',
  },
}

const open: Override = { files: openFolders.map((folder) => `${folder}/**/*.${SOURCES}`), rules: { 'no-restricted-imports': 'off' } }

export default defineConfig({
  plugins: ['import', 'typescript', 'unicorn', 'oxc', 'react', 'vitest'],
  jsPlugins: ['./scripts/lint-plugin.mjs'],
  categories: { correctness: 'error' },
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'off',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    'no-console': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    // vitest takes a message as second argument
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // properties and shared checks hold the expectations of several tests
    'vitest/expect-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/require-to-throw-message': 'off',
    // a copy is wanted where the original changes meanwhile
    'unicorn/no-useless-spread': 'off',
  },
  ignorePatterns: ['dist/**', '.tideline/**', 'node_modules/**', 'test/zones/**'],
  overrides: [...zones.flatMap(zoneOverrides), shell, purity, open, tests],
})
