/** What is typed into the enrolment form: tidied while typing, checked before sending. */
import { messages } from './messages.ts'

const group = 4
const groups = 3

/** "abcd efghjklm" → "ABCD-EFGH-JKLM"; nothing but letters and digits counts. */
export const tidyCode = (typed: string): string => {
  const bare = typed
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, group * groups)
  return (bare.match(/.{1,4}/g) ?? []).join('-')
}

export interface EntryFaults {
  hubUrl?: string
  code?: string
}

const isWebAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

export const checkEntry = (hubUrl: string, code: string): EntryFaults => ({
  ...(isWebAddress(hubUrl.trim()) ? {} : { hubUrl: messages.enrolment.badUrl }),
  ...(/^[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}$/.test(code) ? {} : { code: messages.enrolment.badCode }),
})
