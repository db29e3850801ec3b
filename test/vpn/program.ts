import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

const path = `${process.env['PATH']}:/usr/sbin:/sbin`
const env = (more: Readonly<Record<string, string>> = {}) => ({
  ...process.env,
  PATH: path,
  LC_ALL: 'C',
  ...more,
})

/** Whether every one of these programs is there. */
export const isThere = (...programs: readonly string[]): boolean =>
  programs.every(
    (program) => spawnSync('sh', ['-c', 'command -v "$0"', program], { env: env() }).status === 0,
  )

/** What a program says; it must end by itself and well. @throws {Error} with what it said otherwise */
export const run = (
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): string => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: env(more),
    encoding: 'utf8',
    timeout: 150_000,
    input: '',
  })
  if (status === 0) return `${stdout}${stderr}`
  throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
}

/** A server or client that runs until its test ends. */
export interface Running {
  /** What it said so far. */
  readonly said: () => string
  /** Resolves when it says something. @throws {Error} with all that it said when it ends before, or takes minutes */
  readonly says: (what: RegExp) => Promise<void>
  /** Resolves when it made a file, such as a socket. @throws {Error} as says() does */
  readonly makes: (file: string) => Promise<void>
}

/** Starts a program, which ends with the test. */
export const start = (
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Running => {
  const child = spawn(program, args, { env: env(more), stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const hear = (octets: Buffer) => void (said += octets.toString())
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', (error) => void (said += error.message))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  onTestFinished(async () => {
    if (isOver()) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const killing = setTimeout(() => child.kill('SIGKILL'), 3_000)
    await ended
    clearTimeout(killing)
  })
  const until = async (happened: () => boolean, what: string): Promise<void> => {
    const since = performance.now()
    while (!happened()) {
      if (isOver() || performance.now() - since > 150_000)
        throw new Error(`${program} did not ${what}:\n${said}`)
      await sleep(50)
    }
  }
  return {
    said: () => said,
    says: (what) => until(() => what.test(said), `say ${what}`),
    makes: (file) => until(() => existsSync(file), `make ${file}`),
  }
}
