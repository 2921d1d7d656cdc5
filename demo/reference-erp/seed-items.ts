/**
 * What both demo ERPs sell: 22 items. Shelf prices contain 25 % tax and end in 0 or 5, so that the net price (four fifths)
 * has at most two decimals and every whole quantity comes out exactly in an ERP that reckons net.
 */
export interface SeedItem {
  id: string
  name: string
  barcode: string
  unit: 'piece' | 'kg'
  /** Tax included. */
  priceMinor: number
}

export const seedCurrency = 'EUR'
export const seedTaxRateMicro = 250_000
export const seedTaxCode = 'T25'

/** Appends the EAN-13 check digit to twelve digits. */
export const ean13 = (twelve: string): string => {
  const sum = [...twelve].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return `${twelve}${(10 - (sum % 10)) % 10}`
}

const goods: readonly (readonly [name: string, priceMinor: number])[] = [
  ['Filter coffee 500 g', 645],
  ['Whole milk 1 l', 125],
  ['Oat drink 1 l', 195],
  ['Rye bread sliced', 340],
  ['Crispbread 400 g', 285],
  ['Salted butter 250 g', 310],
  ['Eggs free range 10', 395],
  ['Farm cheese 400 g', 615],
  ['Spaghetti 1 kg', 180],
  ['Tomatoes chopped 400 g', 95],
  ['Olive oil 0.75 l', 1_095],
  ['Sea salt 500 g', 110],
  ['Dark chocolate 100 g', 225],
  ['Sparkling water 1.5 l', 85],
  ['Orange juice 1 l', 275],
  ['Washing powder 1.5 kg', 895],
  ['Dish soap 500 ml', 240],
  ['Paper towels 4', 355],
  ['Toothpaste 75 ml', 265],
  ['Light bulb E27', 450],
]

const piece = ([name, priceMinor]: (typeof goods)[number], index: number): SeedItem => {
  const number = String(index + 1).padStart(3, '0')
  return { id: `SKU-${number}`, name, barcode: ean13(`735009900${number}`), unit: 'piece', priceMinor }
}

export const seedItems: readonly SeedItem[] = [
  ...goods.map(piece),
  { id: 'PLU-4011', name: 'Bananas loose', barcode: ean13('735009904011'), unit: 'kg', priceMinor: 195 },
  { id: 'PLU-4131', name: 'Apples loose', barcode: ean13('735009904131'), unit: 'kg', priceMinor: 320 },
]
