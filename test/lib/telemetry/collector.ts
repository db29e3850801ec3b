import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

/** What an exporter sent. */
export interface Sent {
  readonly path: string
  readonly contentType: string | undefined
  readonly body: string
}

/** Where exporters send to. */
export interface Collector extends AsyncDisposable {
  readonly url: string
  readonly sent: readonly Sent[]
}

type Answer = (response: ServerResponse, body: string) => void

const textOf = async (request: IncomingMessage): Promise<string> => {
  const body = await buffer(request)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
}

/** Starts a collector on this machine that remembers what it is sent, and answers as told. */
export const startCollector = async (
  answer: Answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
): Promise<Collector> => {
  const sent: Sent[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      sent.push({ path: request.url ?? '', contentType: request.headers['content-type'], body })
      return answer(response, body)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
