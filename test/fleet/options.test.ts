import { expect, it } from 'vitest'
import { parseFleetOptions } from './options.ts'

const parse = (line: string, environment: Record<string, string> = {}) => parseFleetOptions(line.split(' ').filter(Boolean), environment)

it('takes a hub of its own, or one that is given with its database', () => {
  expect(parse('--stores 50 --restart')).toMatchObject({ stores: 50, given: null, restart: true, salesPerMinute: 1 })
  const given = { hubUrl: 'http://127.0.0.1:7300', databaseUrl: 'postgres://localhost/hub' }
  expect(parse('--hub http://127.0.0.1:7300', { DATABASE_URL: given.databaseUrl })).toMatchObject({ given })
  expect(parse('--help')).toBe('help')
})

it('says which option is wrong, and what it takes', () => {
  expect(() => parse('--stores 0')).toThrow('--stores takes a whole number above 0, not "0"')
  expect(() => parse('--sales-per-minute many')).toThrow('--sales-per-minute')
  expect(() => parse('--hub 127.0.0.1')).toThrow('--hub takes an address')
  expect(() => parse('--hub http://127.0.0.1:7300')).toThrow('DATABASE_URL')
  expect(() => parse('--hub http://127.0.0.1:7300 --restart', { DATABASE_URL: 'postgres://localhost/hub' })).toThrow('--restart')
})
