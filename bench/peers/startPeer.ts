import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../http/contender.ts'
import { onServerCore } from '../http/cores.ts'

/** Finds a program on the PATH; undefined when there is none. */
export const findProgram = (name: string, path = process.env['PATH'] ?? ''): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

const listens = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  const isConnected = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isConnected
}

const startMilliseconds = 10_000

const waitUntilListening = async (child: ChildProcess, port: number): Promise<void> => {
  for (const until = performance.now() + startMilliseconds; performance.now() < until; await sleep(20)) {
    if (child.exitCode !== null) break
    if (await listens(port)) return
  }
  child.kill('SIGKILL')
  throw new Error(`Cannot measure ${child.spawnargs.join(' ')}: it does not listen.`)
}

/** Starts a program on the core of servers and waits until it listens on a port of this machine. */
export const startPeer = async (program: string, args: readonly string[], port: number): Promise<Server> => {
  const [command, all] = onServerCore(program, args)
  const child = spawn(command, all, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await waitUntilListening(child, port)
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
