import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../../local/freePort.ts'
import type { Settings } from '../../test/e2e/startFunctions.ts'
import { onServerCore } from './cores.ts'
import type { Server } from './contender.ts'

/** What the server is asked for: to begin to count, and what was allocated since. */
export type Question = 'begin' | 'allocated'

/** A functions host that can be asked. */
export interface FunctionsServer extends Server {
  ask(question: Question): Promise<number>
}

/** The functions host of a checkout, and what it is to load. */
export interface FunctionsServerOptions {
  /** The root of the checkout. */
  readonly root: string
  /** URL of the entry. */
  readonly entry: string
  readonly settings: Settings
}

/** Starts the functions host in a process of its own, and waits until it serves. */
export const startFunctionsServer = async ({
  root,
  entry,
  settings,
}: FunctionsServerOptions): Promise<FunctionsServer> => {
  const port = await freePort()
  const program = join(root, 'bench/http/serverProcess.ts')
  const [command, args] = onServerCore(process.execPath, [program, String(port), entry])
  // Its lines go where they cost no reader anything.
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(child, 'exit')
  const [told] = await Promise.race([once(child, 'message'), ended])
  if (told !== 'serving') throw new Error(`Cannot measure: the server of ${root} ended with ${told}.`)
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async ask(question) {
      child.send(question)
      const [answer] = (await once(child, 'message')) as [number]
      return answer
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
