/** A column's heading that sorts; the direction is told by the heading's aria-sort and by the arrow. */
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'

interface Props {
  label: string
  sorted: false | 'asc' | 'desc'
  onToggle: () => void
}

const icons = { asc: IconArrowUp, desc: IconArrowDown, none: IconArrowsSort } as const

export const SortButton = ({ label, sorted, onToggle }: Props) => {
  const Icon = icons[sorted || 'none']
  return (
    <button type="button" className="sort" data-sorted={sorted || undefined} onClick={onToggle}>
      {label}
      <Icon aria-hidden size={16} />
    </button>
  )
}
