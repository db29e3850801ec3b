import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as consume } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as the service got it. */
export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a service answers with. */
export interface Reply {
  /** 200 when left out. */
  readonly status?: number
  readonly headers?: OutgoingHttpHeaders
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown
}

/** A service of the test's own making. */
export interface TestService {
  readonly url: string
  readonly port: number
  /** Every request so far. */
  readonly received: readonly Received[]
}

/** Lets a server listen on a free port of this machine until the test ends. */
export const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    if (server.listening) await once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

/** Answers requests with what `answer` says, 500 when it throws, and keeps them in `received`. */
export const answering =
  (answer: (received: Received) => Reply | Promise<Reply>, received: Received[] = []): RequestListener =>
  async (request, response) => {
    const { method, url: path, headers } = request
    const one = { method, path, headers, body: await consume(request) }
    received.push(one)
    const fault = (error: unknown): Reply => ({
      status: 500,
      body: `The test service threw: ${String(error)}`,
    })
    const reply = await Promise.resolve(one).then(answer).catch(fault)
    const { status = 200, headers: answered = {}, body = '' } = reply
    const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { ...type, ...answered }).end(text)
  }

/** Starts a plain http service on this machine that lives until the test ends. */
export const serve = async (answer: (received: Received) => Reply | Promise<Reply>): Promise<TestService> => {
  const received: Received[] = []
  const port = await listen(createServer(answering(answer, received)))
  return { url: `http://127.0.0.1:${port}`, port, received }
}

/** A problem document (RFC 9457) as Mayfly sends it. */
export const problemReply = (status: number, code: string, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { type: `urn:mayfly:problem:${code}`, status, detail: `This is a detail of ${code}.` },
})
