/** The three lists, each with its count on the tab. */
import { Badge, Tabs as MantineTabs } from '@mantine/core'
import { IconFileAlert, IconReceipt, IconTag } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { messages } from './messages.ts'
import { PriceTable } from './price-table.tsx'
import { QuarantineList } from './quarantine-list.tsx'
import { TransactionTable } from './transaction-table.tsx'

interface TabProps {
  value: string
  label: string
  icon: ReactNode
  count: number
  urgent?: boolean
}

const Tab = ({ value, label, icon, count, urgent }: TabProps) => (
  <MantineTabs.Tab
    value={value}
    leftSection={icon}
    rightSection={
      count > 0 ? (
        <Badge variant={urgent ? 'filled' : 'light'} color={urgent ? 'red' : 'gray'} size="lg">
          {count}
        </Badge>
      ) : null
    }
  >
    {label}
  </MantineTabs.Tab>
)

const icon = { size: 22, stroke: 1.8, 'aria-hidden': true } as const

export const Tabs = ({ view, timeZone }: { view: ManagerView; timeZone: string }) => (
  <MantineTabs defaultValue="transactions" keepMounted={false} className="tabs">
    <MantineTabs.List aria-label={messages.tabs.label}>
      <Tab value="transactions" label={messages.tabs.transactions} icon={<IconReceipt {...icon} />} count={view.transactions.length} />
      <Tab value="prices" label={messages.tabs.prices} icon={<IconTag {...icon} />} count={view.priceChanges.length} />
      <Tab
        value="quarantine"
        label={messages.tabs.quarantine}
        icon={<IconFileAlert {...icon} />}
        count={view.counts.quarantined}
        urgent={view.counts.quarantined > 0}
      />
    </MantineTabs.List>
    <MantineTabs.Panel value="transactions">
      <TransactionTable transactions={view.transactions} timeZone={timeZone} />
    </MantineTabs.Panel>
    <MantineTabs.Panel value="prices">
      <PriceTable changes={view.priceChanges} timeZone={timeZone} />
    </MantineTabs.Panel>
    <MantineTabs.Panel value="quarantine">
      <QuarantineList inputs={view.quarantine} timeZone={timeZone} />
    </MantineTabs.Panel>
  </MantineTabs>
)
