import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { Worker } from 'node:worker_threads'
import { hostLimits } from '../../lib/admission/hostLimits.ts'
import { makeDeviceKey } from '../world.ts'
import { type FloodKind, newUser } from './floodKinds.ts'
import type { FloodWorld } from './floodWorld.ts'
import type { Answers, Load, LoadRequest } from './sendRequests.ts'

/** How many requests of a flood are under way at any time: a quarter more than are let in at once. */
export const floodConnections = 1.25 * hostLimits.requestsAtOnce

/** A flood that goes on until it is stopped. */
export interface RunningFlood {
  stop(): Promise<Answers>
}

/** Makes the requests of a flood. */
export const floodRequests = (
  world: FloodWorld,
  kind: FloodKind,
  count: number,
): Promise<readonly LoadRequest[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => kind.make(world, index)))

/** Sends requests over and over, as fast as so many connections get answers. Resolves when the first is answered. */
export const startFlood = async (flood: Load): Promise<RunningFlood> => {
  const worker = new Worker(new URL('floodSender.ts', import.meta.url), { workerData: flood })
  // The last message and the end may come in one breath.
  const exited = once(worker, 'exit')
  await once(worker, 'message')
  return {
    async stop() {
      const answered = once(worker, 'message')
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
      worker.postMessage('stop')
      const [answers] = (await answered) as [Answers]
      await exited
      return answers
    },
  }
}

/** A request of a user of the tenant that behaves well. */
export interface CalmRequest {
  readonly token: string
  readonly csr: Uint8Array
}

/** Makes requests of as many users. */
export const calmRequests = ({ calm }: FloodWorld, count: number): Promise<readonly CalmRequest[]> =>
  Promise.all(
    Array.from({ length: count }, async () => ({
      token: await newUser(calm.issuer),
      csr: makeDeviceKey().csr(),
    })),
  )

/** The answer to one, and how long it took. */
export interface CalmAnswer {
  readonly status: number
  readonly milliseconds: number
}

const sendCalm = (
  { url, calm }: FloodWorld,
  { token, csr }: CalmRequest,
  agent: Agent,
): Promise<CalmAnswer> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/pkcs10',
      'content-length': csr.length,
    }
    const sent = request(
      `${url}/v1/${calm.tenant}/certificates`,
      { method: 'POST', agent, headers },
      (response) =>
        response
          .resume()
          .once('end', () =>
            resolve({ status: response.statusCode ?? 0, milliseconds: performance.now() - startedAt }),
          ),
    )
    sent.once('error', reject)
    sent.end(csr)
  })

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Sends requests at even distances, whether or not those before have their answers. */
export const behaveWell = async (
  world: FloodWorld,
  requests: readonly CalmRequest[],
  distanceMilliseconds: number,
): Promise<readonly CalmAnswer[]> => {
  const agent = new Agent({ keepAlive: true })
  const answers: Promise<CalmAnswer>[] = []
  for (const one of requests) {
    answers.push(sendCalm(world, one, agent))
    await wait(distanceMilliseconds)
  }
  const all = await Promise.all(answers)
  agent.destroy()
  return all
}
