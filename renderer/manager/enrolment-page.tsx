/** First start: head office's address and the one-time code. What main tries by itself is shown here too. */
import { Alert, Button, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertTriangle, IconHourglass } from '@tabler/icons-react'
import { useState, type SubmitEvent } from 'react'
import type { AgentStatus, EnrolmentOutcome } from '#sync/contract/ipc.ts'
import { errorWords } from './error-words.ts'
import { checkEntry, tidyCode, type EntryFaults } from './enrolment-entry.ts'
import { useAgentStore } from './hooks.ts'
import { messages } from './messages.ts'

const { enrolment: words } = messages
type Enrolment = Exclude<AgentStatus['enrolment'], { state: 'enrolled' }>

const describeOutcome = (outcome: EnrolmentOutcome): string => {
  if (outcome.outcome === 'enrolled') return ''
  return outcome.outcome === 'refused' ? errorWords[outcome.code] : words.unreachable(outcome.message)
}

const firstProblem = (enrolment: Enrolment): string =>
  enrolment.state === 'needed' && enrolment.problem ? errorWords[enrolment.problem.code] : ''

const EnrolmentForm = ({ enrolment }: { enrolment: Enrolment }) => {
  const store = useAgentStore()
  const [hubUrl, setHubUrl] = useState(enrolment.hubUrl ?? '')
  const [code, setCode] = useState('')
  const [faults, setFaults] = useState<EntryFaults>({})
  const [problem, setProblem] = useState(firstProblem(enrolment))
  const [busy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const found = checkEntry(hubUrl, code)
    setFaults(found)
    setProblem('')
    if (found.hubUrl || found.code) return
    setBusy(true)
    const outcome = await store
      .enrol({ hubUrl: hubUrl.trim(), code })
      .catch((): EnrolmentOutcome => ({ outcome: 'refused', code: 'INTERNAL', message: '' }))
    setProblem(describeOutcome(outcome))
    setBusy(false)
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate aria-label={words.title}>
      <Stack gap="lg">
        <TextInput
          size="lg"
          label={words.hubUrl}
          placeholder={words.hubUrlPlaceholder}
          value={hubUrl}
          onChange={(event) => setHubUrl(event.currentTarget.value)}
          error={faults.hubUrl}
          type="url"
          autoComplete="off"
        />
        <TextInput
          size="lg"
          label={words.code}
          description={words.codeHint}
          value={code}
          onChange={(event) => setCode(tidyCode(event.currentTarget.value))}
          error={faults.code}
          className="code"
          autoComplete="off"
          spellCheck={false}
        />
        {problem ? (
          <Alert role="alert" color="red" icon={<IconAlertTriangle aria-hidden />}>
            {problem}
          </Alert>
        ) : null}
        <Button type="submit" size="lg" loading={busy}>
          {words.submit}
        </Button>
      </Stack>
    </form>
  )
}

export const EnrolmentPage = ({ enrolment }: { enrolment: Enrolment }) => (
  <main className="enrolment">
    <Paper withBorder shadow="sm" radius="lg" className="enrolment-card">
      <Stack gap="lg">
        <Title order={1}>{words.title}</Title>
        <Text>{words.intro}</Text>
        {enrolment.state === 'trying' ? (
          <Alert role="status" color="yellow" icon={<IconHourglass aria-hidden />}>
            {words.waiting(enrolment.hubUrl)}
          </Alert>
        ) : null}
        <EnrolmentForm key={enrolment.state} enrolment={enrolment} />
      </Stack>
    </Paper>
  </main>
)
