import { expect, it } from 'vitest'
import { fillQuery } from './query-text.ts'

it('[CAP25] puts the two numbers in place, and leaves strings, names, comments and casts alone', () => {
  expect(fillQuery('select id::after, a from t where id > :after limit :limit', 5n, 10)).toBe(
    'select id::after, a from t where id > 5 limit 10',
  )
  expect(fillQuery('select \':after\', ":limit", `:after` from t -- :after\nwhere n > :after /* :limit */ limit :limit', -1n, 3)).toBe(
    'select \':after\', ":limit", `:after` from t -- :after\nwhere n > (-1) /* :limit */ limit 3',
  )
  expect(fillQuery("select 'it''s :after', $x$ :limit $x$ where :afterwards = :after", 7n, 1)).toBe(
    "select 'it''s :after', $x$ :limit $x$ where :afterwards = 7",
  )
})
