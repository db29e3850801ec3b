import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './freePort.ts'
import type { Graph, GraphResponse } from './standInGraph.ts'

/** A stand-in for Microsoft Graph, on this machine. */
export interface RunningGraph {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

const send = (response: ServerResponse, { status, headers, body }: GraphResponse): void => {
  const common = {
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    'request-id': randomUUID(),
  }
  response.writeHead(status, { ...common, ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

const answer = async (graph: Graph, message: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method = '', headers, url = '/' } = message
  const { authorization } = headers
  const answered = await graph({ method, url: new URL(url, `http://${headers.host}`), authorization })
  if (answered) send(response, answered)
  else response.destroy()
}

/** Serves a stand-in for Graph over plain http on loopback, as the demo's token issuer is. @param port 0 takes a free one. */
export const serveGraph = async (graph: Graph, port = 0): Promise<RunningGraph> => {
  const server = createServer()
  server.on('request', (request, response) => {
    answer(graph, request, response).catch(() => response.destroy())
  })
  const listening = await listen(server, port)
  return {
    url: `http://127.0.0.1:${listening.port}`,
    close() {
      const closed = listening.close()
      server.closeAllConnections()
      return closed
    },
  }
}
