/**
 * The first step of every npm script, for the system's Node >= 20 and nothing else: installs what package-lock.json
 * names where it is missing, then runs the given TypeScript file on the project's own Node 24.
 * What it says goes to stderr: stdout belongs to the program it starts.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decideInstall, fingerprintLock } from './installed.mjs'
import { withLock } from './lock.mjs'
import { npmCommand, npmEnvironment } from './npm-command.mjs'

const OLDEST_NODE = 20
const ECHO_MS = 1_000
const PARENT_CHECK_MS = 300
const PROGRESS_EVERY_MS = 10_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isWindows = process.platform === 'win32'
const bin = join(root, 'node_modules', '.bin')
const projectNode = isWindows ? join(root, 'node_modules', 'node', 'bin', 'node.exe') : join(bin, 'node')
const stampFile = join(root, 'node_modules', '.tideline-install')
const recordFile = join(root, 'node_modules', '.package-lock.json')

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`)

/** @param {string} path */
const readIfThere = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

const readLock = () => readFileSync(join(root, 'package-lock.json'), 'utf8')

const decide = () =>
  decideInstall({
    lockText: readLock(),
    stamp: readIfThere(stampFile),
    recordText: readIfThere(recordFile),
    nodeRuns: existsSync(projectNode),
  })

/** @returns {Promise<{ code: number, output: string }>} */
const runNpmCi = () =>
  new Promise((resolve) => {
    const { command, shell } = npmCommand
    const child = spawn(command, ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      shell,
      env: npmEnvironment(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    /** @param {Buffer} chunk */
    const collect = (chunk) => (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ code: 1, output: `npm could not be started: ${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })

/** @param {string} why */
const install = async (why) => {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000)
  say(`Installing packages from package-lock.json (${why}); this takes from a few seconds to two minutes.`)
  const progress = setInterval(() => say(`  still installing packages, ${seconds()} s`), PROGRESS_EVERY_MS)
  const { code, output } = await runNpmCi()
  clearInterval(progress)
  if (code !== 0 || !existsSync(projectNode)) {
    say(output)
    say(
      code === 0
        ? 'npm ci did not install the project’s own Node (package "node").'
        : `npm ci failed with code ${code}; its output is above.`,
    )
    process.exit(1)
  }
  say(`Packages installed in ${seconds()} s.`)
}

const writeStamp = () => {
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, fingerprintLock(readLock()))
}

/** A checkout that somebody else installed may be read-only for us: then the thorough answer is taken each time. */
const adopt = () => {
  try {
    writeStamp()
  } catch {
    return
  }
}

const prepare = async () => {
  const first = decide()
  if (first.kind === 'ready') return
  if (first.kind === 'adopt') return adopt()
  const onWait = () => say('Another process is installing the packages of this checkout; waiting for it.')
  await withLock(
    join(root, '.tideline', 'install.lock'),
    async () => {
      const decision = decide()
      if (decision.kind === 'install') await install(decision.why)
      if (decision.kind !== 'ready') writeStamp()
    },
    { onWait },
  )
}

const childEnvironment = () => {
  const env = { ...process.env }
  delete env.ELECTRON_RUN_AS_NODE
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  env[name] = [bin, env[name]].filter(Boolean).join(delimiter)
  return env
}

/**
 * A signal often comes twice, from the terminal (which reaches the child as well) and from npm: it is forwarded once,
 * and not at all where the terminal has delivered it. A deliberate second Ctrl-C comes later and counts again.
 * @param {import('node:child_process').ChildProcess} child
 */
const forwardSignals = (child) => {
  let lastAt = 0
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      const isEcho = Date.now() - lastAt < ECHO_MS
      const terminalDid = signal === 'SIGINT' && process.stdin.isTTY === true
      if (!isEcho && !terminalDid) child.kill(signal)
      lastAt = Date.now()
    })
  }
}

/**
 * npm passes a signal to the shell between it and us, which dies of it and tells nobody: seen by the change of parent.
 * @param {import('node:child_process').ChildProcess} child
 */
const followNpm = (child) => {
  if (process.env.npm_lifecycle_event === undefined || isWindows) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

/** @param {string[]} args */
const runProgram = (args) => {
  const child = spawn(projectNode, args, { cwd: root, env: childEnvironment(), stdio: 'inherit' })
  forwardSignals(child)
  followNpm(child)
  child.on('error', (error) => {
    say(`The project’s Node could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0)))
}

const [verb, file, ...rest] = process.argv.slice(2)
const major = Number.parseInt(process.versions.node, 10)
if (major < OLDEST_NODE) {
  say(`Tideline needs Node ${OLDEST_NODE} or newer to set itself up; this is Node ${process.versions.node}.`)
  process.exit(1)
}
if (verb !== 'run' || file === undefined) {
  say('usage: node scripts/bootstrap.mjs run <file.ts> [args]')
  process.exit(2)
}
await prepare()
runProgram([join(root, file), ...rest])
