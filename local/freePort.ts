import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** A server that listens. */
export interface Listening {
  readonly port: number
  /** Stops listening, and waits until the last connection is closed. */
  close(): Promise<void>
}

/**
 * Listens on a port, on the loopback address unless another is named. @param port 0 takes a free one.
 * @throws {Error} the listening error with its `code`.
 */
export const listen = async (server: Server, port: number, host = '127.0.0.1'): Promise<Listening> => {
  server.listen({ port, host, exclusive: true })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Tells whether a port of the loopback address is free now. */
export const isFree = async (port: number): Promise<boolean> => {
  try {
    await (await listen(createServer(), port)).close()
    return true
  } catch {
    return false
  }
}

/** Beneath the ports that Linux, macOS and Windows give to whoever asks for any: such a one may be given away at once. */
const [lowest, beyond] = [10_000, 30_000]

/** Finds a port that is free now and most likely stays so, for a child process that cannot report the one it got. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(lowest, beyond)
    if (await isFree(port)) return port
  }
  throw new Error(`There is no free port from ${lowest} to ${beyond - 1}.`)
}
