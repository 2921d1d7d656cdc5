/** The newest business day's transactions: newest first until a column is sorted; at most 200, so all of them are real rows. */
import { SegmentedControl, Text } from '@mantine/core'
import { IconReceipt } from '@tabler/icons-react'
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_text,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { Empty } from './empty.tsx'
import { messages } from './messages.ts'
import { SortButton } from './sort-button.tsx'
import { StateMark } from './state-mark.tsx'
import { filterRows, toTransactionRow, type TransactionFilter, type TransactionRow } from './transaction-rows.ts'

const { transactions: words } = messages

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, text: sortFn_text },
})
const column = createColumnHelper<typeof features, TransactionRow>()

const StateCell = ({ row }: { row: TransactionRow }) => (
  <>
    <StateMark state={row.state} words={row.stateWords} />
    {row.reason ? (
      <Text size="sm" c="dimmed" className="reason" title={row.reason.detail}>
        {row.reason.words}
      </Text>
    ) : null}
  </>
)

const columns = column.columns([
  column.accessor('time', { header: words.time, sortFn: 'text' }),
  column.accessor('till', { header: words.till, sortFn: 'alphanumeric' }),
  column.accessor('number', { header: words.number }),
  column.accessor('kind', { header: words.kind, sortFn: 'text' }),
  column.accessor('amountMinor', { header: words.amount, cell: ({ row }) => row.original.amount }),
  column.accessor('stateWords', { header: words.state, sortFn: 'text', cell: ({ row }) => <StateCell row={row.original} /> }),
])

const numeric = new Set(['number', 'amountMinor'])
const classOf = (columnId: string): string | undefined => (numeric.has(columnId) ? 'numeric' : undefined)
const ariaSort = { asc: 'ascending', desc: 'descending', none: 'none' } as const

const Rows = ({ rows }: { rows: TransactionRow[] }) => {
  const table = useTable({ features, columns, data: rows, getRowId: (row) => row.id })
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={words.caption}>
      <table>
        <caption className="visually-hidden">{words.caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map(({ id, column: it }) => (
                <th key={id} scope="col" className={classOf(it.id)} aria-sort={ariaSort[it.getIsSorted() || 'none']}>
                  <SortButton label={String(it.columnDef.header)} sorted={it.getIsSorted()} onToggle={() => it.toggleSorting()} />
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-state={row.original.state}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={classOf(cell.column.id)}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const filters: { value: TransactionFilter; label: string }[] = [
  { value: 'all', label: words.filterAll },
  { value: 'waiting', label: words.filterWaiting },
  { value: 'attention', label: words.filterAttention },
]

interface Props {
  transactions: ManagerView['transactions']
  timeZone: string
}

export const TransactionTable = ({ transactions, timeZone }: Props) => {
  const [filter, setFilter] = useState<TransactionFilter>('all')
  const all = useMemo(() => transactions.map((t) => toTransactionRow(t, timeZone)), [transactions, timeZone])
  const rows = useMemo(() => filterRows(all, filter), [all, filter])
  if (all.length === 0)
    return <Empty icon={<IconReceipt aria-hidden size={48} stroke={1.3} />} title={words.emptyTitle} text={words.empty} />
  return (
    <>
      <div className="table-bar">
        <SegmentedControl
          aria-label={words.filterLabel}
          value={filter}
          onChange={(value) => setFilter(value as TransactionFilter)}
          data={filters}
        />
        <Text c="dimmed" size="sm" role="status">
          {rows.length === 0 ? words.emptyFilter : words.shown(rows.length)}
        </Text>
      </div>
      <Rows rows={rows} />
    </>
  )
}
