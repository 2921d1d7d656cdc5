/** The lists, each with its count on the tab. */
import { Badge, Tabs as MantineTabs } from '@mantine/core'
import { IconArrowsExchange, IconCalendar, IconChecklist, IconFileAlert, IconReceipt, IconTag } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { RunningCapture } from './capture.ts'
import { CheckList } from './check-list.tsx'
import { ComparedNote } from './compared-note.tsx'
import { DayList } from './day-list.tsx'
import { messages } from './messages.ts'
import { OwnPrices } from './own-prices.tsx'
import { PriceTable } from './price-table.tsx'
import { QuarantineList } from './quarantine-list.tsx'
import { TrafficPanel } from './traffic-panel.tsx'
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
        <Badge size="lg" className="count" data-urgent={urgent || undefined}>
          {count}
        </Badge>
      ) : null
    }
  >
    {label}
  </MantineTabs.Tab>
)

const icon = { size: 22, stroke: 1.8, 'aria-hidden': true } as const

interface TabsProps {
  view: ManagerView | null
  /** What main itself knows: shown also while the engine is away. */
  capture: RunningCapture | null
  timeZone: string
  waiting: ReactNode
}

export const Tabs = ({ view, capture, timeZone, waiting }: TabsProps) => (
  <MantineTabs defaultValue="transactions" keepMounted={false} className="tabs">
    <MantineTabs.List aria-label={messages.tabs.label}>
      <Tab
        value="transactions"
        label={messages.tabs.transactions}
        icon={<IconReceipt {...icon} />}
        count={view?.transactions.length ?? 0}
      />
      {capture ? (
        <>
          <Tab value="check" label={messages.tabs.check} icon={<IconChecklist {...icon} />} count={capture.exceptionCount} urgent />
          <Tab value="days" label={messages.tabs.days} icon={<IconCalendar {...icon} />} count={0} />
        </>
      ) : null}
      <Tab value="prices" label={messages.tabs.prices} icon={<IconTag {...icon} />} count={view?.priceChanges.length ?? 0} />
      <Tab
        value="quarantine"
        label={messages.tabs.quarantine}
        icon={<IconFileAlert {...icon} />}
        count={view?.counts.quarantined ?? 0}
        urgent
      />
      {view?.sync ? <Tab value="traffic" label={messages.tabs.traffic} icon={<IconArrowsExchange {...icon} />} count={0} /> : null}
    </MantineTabs.List>
    <MantineTabs.Panel value="transactions">
      {view ? <TransactionTable transactions={view.transactions} timeZone={timeZone} /> : waiting}
    </MantineTabs.Panel>
    {capture ? (
      <>
        <MantineTabs.Panel value="check">
          <CheckList open={capture.exceptions} count={capture.exceptionCount} timeZone={timeZone} />
        </MantineTabs.Panel>
        <MantineTabs.Panel value="days">
          {view?.sync?.compared ? <ComparedNote compared={view.sync.compared} timeZone={timeZone} /> : null}
          <DayList days={capture.days} timeZone={timeZone} />
        </MantineTabs.Panel>
      </>
    ) : null}
    <MantineTabs.Panel value="prices">
      {view ? <OwnPrices prices={view.ownPrices} timeZone={timeZone} /> : null}
      {view ? <PriceTable changes={view.priceChanges} timeZone={timeZone} /> : waiting}
    </MantineTabs.Panel>
    <MantineTabs.Panel value="quarantine">
      {view ? <QuarantineList inputs={view.quarantine} timeZone={timeZone} /> : waiting}
    </MantineTabs.Panel>
    {view?.sync ? (
      <MantineTabs.Panel value="traffic">
        <TrafficPanel sync={view.sync} timeZone={timeZone} />
      </MantineTabs.Panel>
    ) : null}
  </MantineTabs>
)
