/** Above the business days: do store and head office have the same of them? */
import { describeCompared, type Compared } from './compared-words.ts'
import { useNowMs } from './hooks.ts'
import { ToneMark } from './tone-mark.tsx'

export const ComparedNote = ({ compared, timeZone }: { compared: Compared; timeZone: string }) => (
  <p className="compared" role="status">
    <ToneMark {...describeCompared(compared, useNowMs(), timeZone)} />
  </p>
)
