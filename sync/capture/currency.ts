/** Decimal digits of a currency's minor unit: all that ISO 4217 lists as active with other than two. Two where it says nothing else. */

const digitsByCurrency: Record<string, number> = {}
const currenciesOf: readonly [number, string][] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]
for (const [digits, codes] of currenciesOf) for (const code of codes.split(' ')) digitsByCurrency[code] = digits

export const minorDigits = (currency: string): number => digitsByCurrency[currency] ?? 2
