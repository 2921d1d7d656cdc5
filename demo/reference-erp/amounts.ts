/** The stand-in's own reckoning, apart from the hub's on purpose: it checks the hub, so it must not share its code. */
export const parseAmount = (text: unknown): bigint | null => {
  const match = typeof text === 'string' ? /^(-?)(\d{1,12})\.(\d{2})$/.exec(text) : null
  if (!match) return null
  const cents = BigInt(`${match[2]}${match[3]}`)
  return match[1] === '-' ? -cents : cents
}

export const amountText = (cents: bigint): string => {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Quantities have three decimals. */
export const parseQuantity = (text: string): number => {
  const [whole = '0', fraction = '000'] = text.replace('-', '').split('.')
  return (text.startsWith('-') ? -1 : 1) * (Number(whole) * 1_000 + Number(fraction))
}

export const quantityText = (milli: number): string => {
  const digits = String(Math.abs(milli)).padStart(4, '0')
  return `${milli < 0 ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
}
