/** Before the suites that run the agent: its build, an Electron to run it, and a screen (in DISPLAY) until they end. */
import { buildAgent } from '#scripts/build.ts'
import { openDisplay } from '#scripts/display.ts'
import { electronExecutable } from '#scripts/electron-runtime.ts'

export const setup = async (): Promise<() => Promise<void>> => {
  await buildAgent()
  await electronExecutable()
  const display = await openDisplay()
  if (display.env.DISPLAY !== undefined) process.env['DISPLAY'] = display.env.DISPLAY
  return async () => {
    if (display.isVirtual) delete process.env['DISPLAY']
    await display.stop()
  }
}
