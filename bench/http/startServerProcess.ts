import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../local/freePort.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import type { Settings } from '../../test/e2e/startFunctions.ts'
import type { Server } from './contender.ts'
import { onServerCore } from './cores.ts'

/** What a server is asked for beside HTTP: each is answered by a number. */
export type Question =
  /** Begins to count what is allocated. */
  | { readonly kind: 'begin' }
  /** Octets allocated since. */
  | { readonly kind: 'allocated' }
  /** Octets of the heap that a collection leaves. */
  | { readonly kind: 'heap' }
  /** When the app began to load, and when it was loaded: milliseconds since the process began. */
  | { readonly kind: 'loadBegan' }
  | { readonly kind: 'loaded' }
  /** Microseconds of the processor for each of these requests, when their function is called without the host. */
  | { readonly kind: 'handle'; readonly requests: readonly LoadRequest[]; readonly atOnce: number }

/** A server of Node.js that can be asked. */
export interface ServerProcess extends Server {
  ask(question: Question): Promise<number>
}

/** A program that listens on the port of its first argument, and tells its parent when it does. */
export interface ServerProgram {
  readonly program: string
  readonly args?: readonly string[]
  readonly root: string
  readonly settings?: Settings
}

/** Starts a program on the core of servers, and waits until it serves. */
export const startServerProcess = async ({
  program,
  args = [],
  root,
  settings,
}: ServerProgram): Promise<ServerProcess> => {
  const port = await freePort()
  const [command, all] = onServerCore(process.execPath, [program, String(port), ...args])
  // Its lines go where they cost no reader anything.
  const child = spawn(command, all, {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  const ended = once(child, 'exit').then(() => [undefined])
  const [told] = (await Promise.race([once(child, 'message'), ended])) as [unknown]
  if (told !== 'serving') throw new Error(`Cannot measure: ${program} does not serve.`)
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async ask(question) {
      child.send(question)
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [number | undefined]
      if (answer === undefined) throw new Error(`Cannot measure: ${program} ended.`)
      return answer
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
