/**
 * How to start npm from here: the user's own npm on the user's own Node. With the project's Node first on the path npm
 * would look for its global settings (proxy, certificates, registry) in the wrong place.
 */
import { delimiter } from 'node:path'

const isWindows = process.platform === 'win32'

/** @param {string} folder */
const isBinFolder = (folder) => /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder) || /[\\/]node-gyp-bin[\\/]?$/.test(folder)

/** Settings that `npm run` hands to its script describe that run, not the user's wishes. */
const isOfTheRun = (/** @type {string} */ name) => /^npm_(lifecycle|package|command|config_local_prefix)/.test(name)

/** @param {NodeJS.ProcessEnv} env */
export const npmEnvironment = (env) => {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !isOfTheRun(name)))
  const name = Object.keys(own).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  own[name] = (own[name] ?? '')
    .split(delimiter)
    .filter((folder) => !isBinFolder(folder))
    .join(delimiter)
  return own
}

/** npm's launcher is a batch file on Windows, which needs a shell. */
export const npmCommand = { command: isWindows ? 'npm.cmd' : 'npm', shell: isWindows }
