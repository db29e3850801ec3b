import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

/** The server has a core to itself; whoever asks it and what it asks share the other. */
export const cores = { server: '0', others: '1' } as const

/**
 * Moves all threads of this process, and what it starts, to the core of the others.
 * @throws {Error} where there is no second core, or no way to choose one.
 */
export const leaveServerCore = (): void => {
  if (process.platform !== 'linux' || cpus().length < 2)
    throw new Error('Cannot measure: this takes Linux, with taskset and two cores.')
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.others, String(process.pid)])
}

/** Makes a command of one that keeps to the core of the server. */
export const onServerCore = (
  command: string,
  args: readonly string[],
): readonly [string, readonly string[]] => ['taskset', ['--cpu-list', cores.server, command, ...args]]
