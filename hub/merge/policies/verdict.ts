/**
 * What a policy says of something that the log has accepted. The money counts as the till took it, whatever the verdict: a policy decides
 * about stock, and about what a person must look at. `reason` is for that person.
 */
export interface Judgement {
  verdict: 'accept' | 'accept with exception' | 'hold'
  reason: string
}
