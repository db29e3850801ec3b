import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as requestOverTls } from 'node:https'

/** One request of a load; by POST when it does not say. */
export interface LoadRequest {
  readonly method?: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Requests for one server. */
export interface Load {
  /** Scheme, host and port. */
  readonly url: string
  readonly requests: readonly LoadRequest[]
  /** How many requests are under way at any time. */
  readonly connections: number
}

/** Counts answers by status, or by the error of a connection. */
export type Answers = Readonly<Record<string, number>>

/** What came of a load. */
export interface Sent {
  readonly answers: Answers
  /** How long each answer took, in the order in which they ended. */
  readonly milliseconds: readonly number[]
}

/** Connections that are kept from one load to the next. */
export interface Connections {
  /** Sends each request once, or all of them over and over until the signal; tells when the first is answered. */
  send(load: Load, options?: { readonly until?: AbortSignal; readonly onFirst?: () => void }): Promise<Sent>
  close(): void
}

/** Opens no more connections than a load asks for. Whoever measures holds the certificate of a peer for its own. */
export const openConnections = (): Connections => {
  const agents = {
    http: new Agent({ keepAlive: true }),
    https: new TlsAgent({ keepAlive: true, rejectUnauthorized: false }),
  }
  const sendOne = (url: string, { method = 'POST', path, headers, body }: LoadRequest): Promise<string> =>
    new Promise((resolve) => {
      const [ask, agent] = url.startsWith('https:') ? [requestOverTls, agents.https] : [request, agents.http]
      const length = body ? { 'content-length': body.length } : {}
      const sent = ask(`${url}${path}`, { method, agent, headers: { ...headers, ...length } }, (response) =>
        response.resume().once('end', () => resolve(String(response.statusCode))),
      )
      sent.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message))
      sent.end(body)
    })
  return {
    async send({ url, requests, connections }, { until, onFirst } = {}) {
      const answers: Record<string, number> = {}
      const milliseconds: number[] = []
      let next = 0
      const isOver = () => (until ? until.aborted : next >= requests.length)
      const loop = async (): Promise<void> => {
        while (!isOver()) {
          const one = requests[next++ % requests.length]
          if (!one) return
          const startedAt = performance.now()
          const answer = await sendOne(url, one)
          milliseconds.push(performance.now() - startedAt)
          answers[answer] = (answers[answer] ?? 0) + 1
          if (milliseconds.length === 1) onFirst?.()
        }
      }
      await Promise.all(Array.from({ length: connections }, loop))
      return { answers, milliseconds }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
