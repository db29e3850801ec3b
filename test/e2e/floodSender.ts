import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import type { FloodRequest } from './floodKinds.ts'

/** Requests that are sent over and over. */
export interface Flood {
  readonly url: string
  readonly requests: readonly FloodRequest[]
  /** How many requests are under way at any time. */
  readonly connections: number
}

// A thread of its own: what it sends as fast as it can keeps nobody waiting who measures.
if (!parentPort) throw new Error('This runs as a worker.')
const port = parentPort
const { url, requests, connections } = workerData as Flood
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const answers: Record<string, number> = {}
const over = new AbortController()
let next = 0

const send = ({ path, authorization, contentType, body }: FloodRequest): Promise<string> =>
  new Promise((resolve) => {
    const headers = { authorization, 'content-type': contentType, 'content-length': body.length }
    const sent = request(`${url}${path}`, { method: 'POST', agent, headers }, (response) =>
      response.resume().once('end', () => resolve(String(response.statusCode))),
    )
    sent.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    sent.end(body)
  })

const loop = async (): Promise<void> => {
  while (!over.signal.aborted) {
    const one = requests[next++ % requests.length]
    if (!one) return
    const answer = await send(one)
    if (Object.keys(answers).length === 0) port.postMessage('begun')
    answers[answer] = (answers[answer] ?? 0) + 1
  }
}

const all = Promise.all(Array.from({ length: connections }, loop))
port.once('message', () => over.abort())
await all
agent.destroy()
port.postMessage(answers)
port.close()
