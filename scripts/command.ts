/** Runs a program to its end and collects what it says; nothing here throws for an exit code. */
import { spawn } from 'node:child_process'

export type CommandResult = { code: number; stdout: string; stderr: string }

type CommandOptions = { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number }

export const runCommand = (command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
  })

/** The exit code of a program that owns the terminal meanwhile. */
export const runInForeground = (command: string, args: string[], options: Omit<CommandOptions, 'timeoutMs'> = {}): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'inherit' })
    child.on('error', () => resolve(127))
    child.on('close', (code) => resolve(code ?? 1))
  })
