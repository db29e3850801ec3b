import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** A server on a Unix socket until the test ends. @returns the path of the socket */
export const socketServer = async (serve: (socket: Socket) => void): Promise<string> => {
  const path = join(await temporaryFolder(), 's')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return path
}
