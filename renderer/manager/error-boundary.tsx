/** A fault in drawing shows a page that says sales go on, instead of an empty window. */
import { Button, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { messages } from './messages.ts'

interface Props {
  children: ReactNode
}

export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true }
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children
    return (
      <Stack component="main" role="alert" align="center" justify="center" mih="100vh" p="xl">
        <Title order={1}>{messages.fault.title}</Title>
        <Text maw={560} ta="center">
          {messages.fault.text}
        </Text>
        <Button size="lg" onClick={() => location.reload()}>
          {messages.fault.reload}
        </Button>
      </Stack>
    )
  }
}
