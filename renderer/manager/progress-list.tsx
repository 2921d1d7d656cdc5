/** Long work under way: files being read, and the local database being filled again. */
import { Progress } from '@mantine/core'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { RunningCapture } from './capture.ts'
import { messages } from './messages.ts'

const { progress: words } = messages

/** Whole percent, rounded down, and never all of it before the end. An empty total is a file that nobody has measured yet. */
const percentOf = (done: number, total: number): number => (total === 0 ? 0 : Math.min(100, Math.floor((done * 100) / total)))

const shownFiles = 3
const shownNameLength = 56

/** The end of a long name tells more than its folder. */
const shortName = (name: string): string => (name.length > shownNameLength ? `…${name.slice(1 - shownNameLength)}` : name)

const Work = ({ text, percent }: { text: string; percent: number }) => (
  <li className="work">
    <span>{text}</span>
    <Progress.Root size="lg">
      <Progress.Section value={percent} aria-label={text} />
    </Progress.Root>
  </li>
)

export const ProgressList = ({ files, rebuild }: { files: RunningCapture['files']; rebuild: ManagerView['rebuild'] }) => {
  if (files.length === 0 && !rebuild) return null
  return (
    <section className="under-way" aria-label={words.label}>
      <ul>
        {rebuild ? <Work text={words.rebuild(rebuild.records, rebuild.total)} percent={percentOf(rebuild.records, rebuild.total)} /> : null}
        {files.slice(0, shownFiles).map(({ name, readBytes, totalBytes, taken }) => {
          const percent = percentOf(readBytes, totalBytes)
          return <Work key={name} text={words.file(shortName(name), percent, taken)} percent={percent} />
        })}
        {files.length > shownFiles ? <li className="more-work">{words.moreFiles(files.length - shownFiles)}</li> : null}
      </ul>
    </section>
  )
}
