/**
 * Holds what tills stated of taxes on one day against the master [IDN12]. Pure, and the same for baskets and items in any order.
 *
 *   a rate that is not the category's           ─▶ about the till's code
 *   an item whose category its receipt lacks    ─▶ about the item, exact where the receipt has one category
 *   tax that is not what its lines come to      ─▶ about the one item that explains it, else about the code; half a minor unit for each
 *                                                  line and each tax of a receipt is rounding
 *
 * What cannot be judged yet (a word nobody mapped, an item nobody knows) is not judged.
 */
import { must } from '#sync/contract/assert.ts'
import { percentOf, taxOn } from './rate.ts'
import { statesWhole, type TillTax } from './statement.ts'

export interface StatedTax extends TillTax {
  taxMinor: number
}

export interface SoldItem {
  /** Null: nobody knows the item, or its category. */
  itemId: string | null
  /** Any of them is right: the item's on that day, and its present one, which may be a correction. The present one first. */
  categories: readonly string[]
  amountMinor: number
  lines: number
}

export interface Basket {
  taxes: readonly StatedTax[]
  isDiscounted: boolean
  receipts: number
  sold: readonly SoldItem[]
}

/** As it was in force at the store on that day. */
export interface TaxMaster {
  categoryOf(code: string): string | null
  rateOf(category: string): number | null
}

export interface TaxFinding {
  /** `item:…` or `code:…` */
  about: string
  reason: string
  /** Stated less due: positive where the till took too much. */
  amountMinor: number
}

interface CategoryTax {
  category: string
  codes: string[]
  rateMicro: number
  inclusive: boolean
  statedMinor: number
}

interface Placed {
  itemId: string
  category: string
  amountMinor: number
}

export const judgeDay = (baskets: readonly Basket[], master: TaxMaster): TaxFinding[] => {
  const sums = new Map<string, TaxFinding>()
  for (const finding of baskets.flatMap((basket) => judgeBasket(basket, master))) {
    const key = JSON.stringify([finding.about, finding.reason])
    sums.set(key, { ...finding, amountMinor: finding.amountMinor + (sums.get(key)?.amountMinor ?? 0) })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding)
}

const judgeBasket = (basket: Basket, master: TaxMaster): TaxFinding[] => {
  const [first] = basket.taxes
  if (first === undefined) return judgeSum(basket, master, { code: '', inclusive: true, statedMinor: 0 })
  if (basket.taxes.length === 1 && statesWhole(first) && master.categoryOf(first.code) === null)
    return judgeSum(basket, master, { code: first.code, inclusive: first.inclusive, statedMinor: first.taxMinor })
  const findings: TaxFinding[] = []
  const categories = new Map<string, CategoryTax>()
  let isClear = !basket.isDiscounted
  for (const { code, rateMicro, inclusive, taxMinor } of basket.taxes) {
    const category = master.categoryOf(code)
    if (category === null) return []
    const due = master.rateOf(category)
    if (due === null) return [{ about: `code:${code}`, reason: `the master has no rate in force for ${category}`, amountMinor: taxMinor }]
    const charged = rateMicro ?? due
    if (charged !== due)
      findings.push({
        about: `code:${code}`,
        reason: `the till charges ${percentOf(charged)} %, the rate of ${category} in force is ${percentOf(due)} %`,
        amountMinor: charged === 0 ? -soleTax(basket, due, inclusive) : taxMinor - reckonTax(taxMinor, charged, due, inclusive),
      })
    const known = categories.get(category)
    if (known === undefined) categories.set(category, { category, codes: [code], rateMicro: charged, inclusive, statedMinor: taxMinor })
    else {
      isClear &&= known.rateMicro === charged && known.inclusive === inclusive
      categories.set(category, { ...known, codes: [...known.codes, code], statedMinor: known.statedMinor + taxMinor })
    }
  }
  const { placed, misplaced, areAllPlaced } = placeItems(basket, categories, master)
  findings.push(...misplaced)
  return isClear && areAllPlaced ? [...findings, ...judgeAmounts(basket, categories, placed)] : findings
}

/** What the tax would be at another rate: from the tax alone, since tills do not agree on what is taxable. */
const reckonTax = (taxMinor: number, from: number, to: number, inclusive: boolean): number => {
  const [numerator, denominator] = inclusive
    ? [BigInt(to) * (1_000_000n + BigInt(from)), BigInt(from) * (1_000_000n + BigInt(to))]
    : [BigInt(to), BigInt(from)]
  return Math.sign(taxMinor) * Number((2n * BigInt(Math.abs(taxMinor)) * numerator + denominator) / (2n * denominator)) || 0
}

/** Of a receipt with this tax alone. */
const soleTax = ({ taxes, sold }: Basket, rateMicro: number, inclusive: boolean): number =>
  taxes.length === 1
    ? taxOn(
        sold.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
        rateMicro,
        inclusive,
      )
    : 0

const placeItems = ({ sold }: Basket, categories: ReadonlyMap<string, CategoryTax>, master: TaxMaster) => {
  const placed: Placed[] = []
  const misplaced: TaxFinding[] = []
  let areAllPlaced = true
  const [sole] = [...categories.values()]
  for (const { itemId, categories: right, amountMinor } of sold) {
    const category = right.find((each) => categories.has(each)) ?? right[0]
    const due = category === undefined ? null : master.rateOf(category)
    if (itemId === null || category === undefined || due === null) {
      areAllPlaced = false
      continue
    }
    // Tills leave out what is not taxed.
    if (categories.has(category) || due === 0) {
      placed.push({ itemId, category, amountMinor })
      continue
    }
    const tills = [...categories.keys()].sort().join(' or ')
    const isSole = categories.size === 1 && sole !== undefined
    misplaced.push({
      about: `item:${itemId}`,
      reason: `the till taxes it as ${tills}, the master as ${category} (${percentOf(due)} %)`,
      amountMinor: isSole ? taxOn(amountMinor, sole.rateMicro, sole.inclusive) - taxOn(amountMinor, due, sole.inclusive) : 0,
    })
    if (isSole) placed.push({ itemId, category: sole.category, amountMinor })
    else areAllPlaced = false
  }
  return { placed, misplaced, areAllPlaced }
}

const toleranceOf = ({ receipts, taxes, sold }: Basket): number =>
  Math.ceil((receipts * Math.max(taxes.length, 1) + sold.reduce((sum, { lines }) => sum + lines, 0)) / 2)

/** Only what the receipt comes to is stated, or nothing at all. */
const judgeSum = (basket: Basket, master: TaxMaster, stated: { code: string; inclusive: boolean; statedMinor: number }): TaxFinding[] => {
  if (basket.isDiscounted) return []
  let due = 0
  for (const { itemId, categories, amountMinor } of basket.sold) {
    const rate = categories[0] === undefined ? null : master.rateOf(categories[0])
    if (itemId === null || rate === null) return []
    due += taxOn(amountMinor, rate, stated.inclusive)
  }
  const differs = stated.statedMinor - due
  if (Math.abs(differs) <= toleranceOf(basket)) return []
  const reason =
    stated.code === '' ? 'the till states no tax where tax is due' : 'the tax of the whole receipt is not what its lines come to'
  return [{ about: `code:${stated.code}`, reason, amountMinor: differs }]
}

const judgeAmounts = (basket: Basket, categories: ReadonlyMap<string, CategoryTax>, placed: readonly Placed[]): TaxFinding[] => {
  const tolerance = toleranceOf(basket)
  const amounts = new Map([...categories.keys()].map((category) => [category, 0]))
  for (const { category, amountMinor } of placed)
    if (amounts.has(category)) amounts.set(category, (amounts.get(category) ?? 0) + amountMinor)
  /** Stated less due, as if so much more had been sold of a category. */
  const differenceOf = (category: string, moreMinor = 0): number => {
    const { statedMinor, rateMicro, inclusive } = must(categories.get(category), 'a category of the basket')
    return statedMinor - taxOn((amounts.get(category) ?? 0) + moreMinor, rateMicro, inclusive)
  }
  const isRight = (category: string, moreMinor = 0): boolean => Math.abs(differenceOf(category, moreMinor)) <= tolerance
  const wrong = [...categories.keys()].filter((category) => !isRight(category))
  if (wrong.length === 0) return []
  const movedTo =
    ({ category, amountMinor }: Placed, to: string) =>
    (each: string): boolean =>
      isRight(each, each === to ? amountMinor : each === category ? -amountMinor : 0)
  const explained = placed.flatMap((item) =>
    [...categories.keys()]
      .filter((to) => to !== item.category && [...categories.keys()].every(movedTo(item, to)))
      .map((to) => ({ item, to })),
  )
  const [only] = explained
  if (only !== undefined && explained.length === 1) {
    const { item, to } = only
    const taxed = (category: string): number => {
      const tax = categories.get(category)
      return tax === undefined ? 0 : taxOn(item.amountMinor, tax.rateMicro, tax.inclusive)
    }
    const reason = `the till taxes it as ${to}, the master as ${item.category}`
    return [{ about: `item:${item.itemId}`, reason, amountMinor: taxed(to) - taxed(item.category) }]
  }
  return wrong.map((category) => ({
    about: `code:${must(categories.get(category), 'a category of the basket').codes.toSorted().join('+')}`,
    reason: `the tax of ${category} is not what its lines come to`,
    amountMinor: differenceOf(category),
  }))
}
