import { median } from '../summary.ts'
import type { LoadThread } from './loadThread.ts'
import { type HttpThoroughness, measureLoad } from './measureRounds.ts'
import type { Mayfly } from './startMayfly.ts'

/**
 * Measures what of a request's processor time is the function's own, and not the host's: the same number of requests to the
 * same process, over HTTP and straight into the function, by turns.
 */
export const measureHandler = async (
  mayfly: Mayfly,
  load: LoadThread,
  { rounds, connections, warmUpRequests }: HttpThoroughness,
) => {
  const count = Math.round(warmUpRequests / 2)
  const [alone, overHttp]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    overHttp.push((await measureLoad(mayfly, load, { count, connections })).processor)
    const requests = await mayfly.makeRequests(count)
    alone.push((await mayfly.server.ask({ kind: 'handle', requests, atOnce: connections })) / 1000)
  }
  const part = alone.map((one, round) => one / (overHttp[round] ?? Number.NaN))
  /** Milliseconds, and the part of the function by the median of the rounds. */
  return { alone: median(alone), overHttp: median(overHttp), part: median(part) }
}
