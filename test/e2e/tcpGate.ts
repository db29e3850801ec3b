import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port before another one, which can be closed: an outage of what is behind it, for one client. */
export interface TcpGate extends AsyncDisposable {
  readonly port: number
  /** Cuts off the connections there are, and from now on those that come. */
  close(): void
  open(): void
}

/** Opens a gate before a port of this machine. */
export const openGate = async (port: number): Promise<TcpGate> => {
  const sockets = new Set<Socket>()
  let isOpen = true
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket))
  }
  const cutAll = () => sockets.forEach((socket) => socket.destroy())
  const server = createServer((incoming) => {
    keep(incoming)
    if (!isOpen) return void incoming.destroy()
    const outgoing = keep(connect(port, '127.0.0.1'))
    incoming.pipe(outgoing).pipe(incoming)
    incoming.once('close', () => outgoing.destroy())
    outgoing.once('close', () => incoming.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      isOpen = false
      cutAll()
    },
    open: () => void (isOpen = true),
    async [Symbol.asyncDispose]() {
      cutAll()
      await once(server.close(), 'close')
    },
  }
}
