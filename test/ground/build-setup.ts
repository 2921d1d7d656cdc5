/** Before the suites that load the agent's pages: the pages as they are now. */
import { buildAgent } from '#scripts/build.ts'

export const setup = async (): Promise<void> => {
  await buildAgent()
}
