/** An empty list says what would be there. */
import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export const Empty = ({ icon, title, text }: { icon: ReactNode; title: string; text: string }) => (
  <Stack align="center" gap="xs" className="empty">
    {icon}
    <Title order={2} size="h3">
      {title}
    </Title>
    <Text c="dimmed">{text}</Text>
  </Stack>
)
