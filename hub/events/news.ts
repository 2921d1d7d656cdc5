/** Whether a figure is worth an event: it is another one than was last told, or what was told is a former life's. Pure. */

export interface Told {
  sequence: number
  availableMilli: number
  onHandMilli: number
  reservedMilli: number
  confidencePpm: number
}

/** Confidence moves all the time by a little; told again are steps of a hundredth. */
export const confidenceStepPpm = 10_000

/** `lifeBegan`: sequence numbers of the present life are greater. What a restored database remembers, nobody may rely on. */
export const isNews = (told: Told | undefined, figure: Omit<Told, 'sequence'>, lifeBegan: number): boolean =>
  told === undefined ||
  told.sequence <= lifeBegan ||
  told.availableMilli !== figure.availableMilli ||
  told.onHandMilli !== figure.onHandMilli ||
  told.reservedMilli !== figure.reservedMilli ||
  Math.abs(told.confidencePpm - figure.confidencePpm) >= confidenceStepPpm
