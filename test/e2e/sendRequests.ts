import { Agent, request } from 'node:http'

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

const sendOne = (
  url: string,
  { method = 'POST', path, headers, body }: LoadRequest,
  agent: Agent,
): Promise<string> =>
  new Promise((resolve) => {
    const length = body ? { 'content-length': body.length } : {}
    const options = { method, agent, headers: { ...headers, ...length } }
    const sent = request(`${url}${path}`, options, (response) =>
      response.resume().once('end', () => resolve(String(response.statusCode))),
    )
    sent.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    sent.end(body)
  })

/**
 * Sends each request once, or all of them over and over until the signal, over connections of its own: a server closes those
 * that rest.
 * @param onFirst told when the first is answered.
 */
export const sendRequests = async (
  { url, requests, connections }: Load,
  { until, onFirst }: { readonly until?: AbortSignal; readonly onFirst?: () => void } = {},
): Promise<Sent> => {
  const agent = new Agent({ keepAlive: true })
  const answers: Record<string, number> = {}
  const milliseconds: number[] = []
  let next = 0
  const isOver = () => (until ? until.aborted : next >= requests.length)
  const loop = async (): Promise<void> => {
    while (!isOver()) {
      const one = requests[next++ % requests.length]
      if (!one) return
      const startedAt = performance.now()
      const answer = await sendOne(url, one, agent)
      milliseconds.push(performance.now() - startedAt)
      answers[answer] = (answers[answer] ?? 0) + 1
      if (milliseconds.length === 1) onFirst?.()
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  agent.destroy()
  return { answers, milliseconds }
}
