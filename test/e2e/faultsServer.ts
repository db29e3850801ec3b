import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as forward,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** One request, as it came in. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What is sent back. */
export interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  /** Whether the connection breaks in the middle of the body. */
  readonly isCut?: boolean
}

/**
 * What goes wrong with a request. It is given what would be done, and so may fail before that was done, or after. Without
 * an answer the connection breaks.
 */
export type Fault = (answer: () => Promise<Answer>) => Promise<Answer | undefined>

/** A server before, or in place of, another one, whose requests can be made to fail. */
export interface FaultyServer extends AsyncDisposable {
  /** Without a path. */
  readonly url: string
  /** Fails the next requests of this name, all of them unless it is told how many; `*` is every name. */
  fail(name: string, fault: Fault, times?: number): void
  /** Waits until nobody waits for an answer any more. */
  idle(): Promise<void>
  /** Ends all faults, and breaks the connections of those that wait. */
  heal(): void
}

/** What a faulty server serves when nothing is wrong. */
export interface FaultyServerOptions {
  readonly answer: (asked: Asked) => Promise<Answer>
  /** The name that a request has in a test. */
  readonly nameOf: (asked: Asked) => string
}

const send = (response: ServerResponse, { status, headers, body, isCut }: Answer): void => {
  response.writeHead(status, headers)
  if (!isCut) return void response.end(body)
  response.write(body.subarray(0, body.length >> 1), () => response.destroy())
}

interface Rule {
  readonly fault: Fault
  left: number
}

/** Starts a faulty server on loopback. */
export const faultyServer = async ({ answer, nameOf }: FaultyServerOptions): Promise<FaultyServer> => {
  const rules = new Map<string, Rule>()
  const open = new Set<ServerResponse>()
  const ruleFor = (asked: Asked): Rule | undefined => {
    const rule = rules.get(nameOf(asked)) ?? rules.get('*')
    if (!rule || rule.left === 0) return undefined
    rule.left -= 1
    return rule
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '/', headers } = request
    const asked = { method, target, headers, body: await buffer(request) }
    const rule = ruleFor(asked)
    const answered = rule ? await rule.fault(() => answer(asked)) : await answer(asked)
    if (answered) send(response, answered)
    else response.destroy()
  }
  const server = createServer((request, response) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (name, fault, times = Number.POSITIVE_INFINITY) => void rules.set(name, { fault, left: times }),
    async idle() {
      for (const response of open) await once(response, 'close')
    },
    heal() {
      rules.clear()
      for (const response of open) response.destroy()
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Passes requests on to another server, as they came in: a signature covers the path, and not the host. */
export const passedOnTo =
  (origin: string) =>
  async ({ method, target, headers, body }: Asked): Promise<Answer> => {
    const request = forward(new URL(target, origin), { method, headers })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const { statusCode: status = 500 } = response
    return { status, headers: response.headers, body: await buffer(response) }
  }
