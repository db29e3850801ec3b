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

/** Finds a port that is free now, for a child process that cannot report the one it got. */
export const freePort = async (port = 0): Promise<number> => {
  const listening = await listen(createServer(), port)
  await listening.close()
  return listening.port
}

/** Tells whether a port of the loopback address is free now. */
export const isFree = (port: number): Promise<boolean> =>
  freePort(port).then(
    () => true,
    () => false,
  )
