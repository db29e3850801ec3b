import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

const listen = async (port: number): Promise<number> => {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  await once(server, 'listening')
  const { port: got } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return got
}

/** Tells whether a port of the loopback address is free now. */
export const isFree = async (port: number): Promise<boolean> => {
  try {
    await listen(port)
    return true
  } catch {
    return false
  }
}

/** Finds a port that is free now, for a child process that cannot report the one it got. */
export const freePort = (): Promise<number> => listen(0)
