import { expect, it } from 'vitest'
import { confidenceStepPpm, isNews } from './news.ts'

const figure = { availableMilli: 4_000, onHandMilli: 6_000, reservedMilli: 1_000, confidencePpm: 985_000 }
const told = { ...figure, sequence: 11 }

it('[AVL21] what was told already is no news, nor is confidence that moved by a little', () => {
  expect(isNews(told, figure, 10)).toBe(false)
  expect(isNews(told, { ...figure, confidencePpm: figure.confidencePpm - confidenceStepPpm + 1 }, 10)).toBe(false)
})

it('[AVL21] each part of a figure that differs is news, and so is what a former life told', () => {
  expect(isNews(undefined, figure, 10)).toBe(true)
  for (const part of ['availableMilli', 'onHandMilli', 'reservedMilli'] as const)
    expect(isNews(told, { ...figure, [part]: figure[part] + 1 }, 10), part).toBe(true)
  expect(isNews(told, { ...figure, confidencePpm: figure.confidencePpm - confidenceStepPpm }, 10)).toBe(true)
  expect(isNews(told, figure, told.sequence)).toBe(true)
})
