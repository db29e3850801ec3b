import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { listen } from './serve.ts'

/** A proxy of the test's own making. */
export interface TestProxy {
  readonly url: string
  /** The targets that it was asked for, and with which credentials. */
  readonly asked: readonly { readonly target: string | undefined; readonly credentials: string | undefined }[]
}

/**
 * Starts a proxy on this machine that connects every target, whatever its name, to one port of this machine.
 * @param refusal the status line that it answers with instead, such as `407 Proxy Authentication Required`.
 */
export const startProxy = async (
  port: number,
  refusal?: (request: IncomingMessage) => string | undefined,
) => {
  const asked: { target: string | undefined; credentials: string | undefined }[] = []
  const note = ({ url, headers }: IncomingMessage) =>
    asked.push({ target: url, credentials: headers['proxy-authorization'] })
  const server = createHttpServer((request, response) => {
    note(request)
    response.writeHead(301, { location: 'https://vpn-ca.contoso.example/' }).end()
  })
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    note(request)
    const refused = refusal?.(request)
    if (refused !== undefined) return void client.end(`HTTP/1.1 ${refused}\r\nContent-Length: 0\r\n\r\n`)
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  const proxy: TestProxy = { url: `http://127.0.0.1:${await listen(server)}`, asked }
  return proxy
}
