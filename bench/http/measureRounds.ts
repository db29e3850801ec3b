import type { Sent } from '../../test/e2e/sendRequests.ts'
import { median, quantile } from '../summary.ts'
import type { Contender } from './contender.ts'
import type { LoadThread } from './loadThread.ts'
import { processCost } from './processCost.ts'

/** How thoroughly to measure. */
export interface HttpThoroughness {
  readonly rounds: number
  /** Roughly how long each contender is asked in a round. */
  readonly seconds: number
  /** Requests to each before the first round: they have it compiled. */
  readonly warmUpRequests: number
  /** How many requests are under way at any time. */
  readonly connections: number
}

/** One contender in one round; times in milliseconds. */
export interface HttpSample {
  readonly requestsPerSecond: number
  /** Processor time of the server and its children, a request. */
  readonly processor: number
  readonly latency50: number
  readonly latency95: number
  readonly latency99: number
  /** Octets of the V8 heap a request; undefined where the server does not tell. */
  readonly allocated: number | undefined
  /** Octets of memory after the round. */
  readonly resident: number
}

const checkAnswers = ({ name, status }: Contender, { answers, milliseconds }: Sent): void => {
  if (answers[status] === milliseconds.length) return
  // A measurement of refusals would look fast.
  throw new Error(`Cannot measure ${name}: it answered ${JSON.stringify(answers)}, not ${status} to each.`)
}

/** Sends so many requests to a contender, and asks the system what they cost it. */
export const measureLoad = async (
  contender: Contender,
  load: LoadThread,
  { count, connections }: { readonly count: number; readonly connections: number },
): Promise<HttpSample> => {
  const { server, allocations } = contender
  const requests = await contender.makeRequests(count)
  await allocations?.begin()
  const before = processCost(server.pid)
  const startedAt = performance.now()
  const sent = await load.send({ url: server.url, requests, connections })
  const seconds = (performance.now() - startedAt) / 1000
  const after = processCost(server.pid)
  const allocated = await allocations?.end()
  checkAnswers(contender, sent)
  return {
    requestsPerSecond: count / seconds,
    processor: (after.processorMicroseconds - before.processorMicroseconds) / 1000 / count,
    latency50: quantile(sent.milliseconds, 0.5),
    latency95: quantile(sent.milliseconds, 0.95),
    latency99: quantile(sent.milliseconds, 0.99),
    allocated: allocated === undefined ? undefined : allocated / count,
    resident: after.residentOctets,
  }
}

/** The rounds of one contender. */
export interface HttpRounds {
  readonly name: string
  readonly samples: readonly HttpSample[]
}

/**
 * Measures contenders in rounds, one after the other, so that whatever else the machine does hits all of them alike. The
 * rounds of each are as long as it takes to last as long as those of the others.
 */
export const measureRounds = async (
  contenders: readonly Contender[],
  load: LoadThread,
  { rounds, seconds, warmUpRequests, connections }: HttpThoroughness,
): Promise<readonly HttpRounds[]> => {
  const counts: number[] = []
  for (const contender of contenders) {
    const warm = await measureLoad(contender, load, { count: warmUpRequests, connections })
    counts.push(Math.max(connections, Math.round(warm.requestsPerSecond * seconds)))
  }
  const measured = contenders.map(({ name }) => ({ name, samples: [] as HttpSample[] }))
  for (let round = 0; round < rounds; round++)
    for (const [index, contender] of contenders.entries()) {
      const count = counts[index] ?? connections
      measured[index]?.samples.push(await measureLoad(contender, load, { count, connections }))
    }
  return measured
}

/** The median of the rounds of each figure. */
export const summarizeRounds = ({ name, samples }: HttpRounds) => {
  const of = (figure: (sample: HttpSample) => number) => median(samples.map(figure))
  const allocated = of((sample) => sample.allocated ?? Number.NaN)
  return {
    name,
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
    processor: of((sample) => sample.processor),
    latency50: of((sample) => sample.latency50),
    latency95: of((sample) => sample.latency95),
    latency99: of((sample) => sample.latency99),
    allocated: Number.isNaN(allocated) ? undefined : allocated,
    resident: of((sample) => sample.resident),
  }
}

/** The median over the rounds of a figure of one contender by that of another in the same round. */
export const ratioOf = (
  figure: 'processor' | 'requestsPerSecond',
  over: HttpRounds,
  under: HttpRounds,
): number =>
  median(over.samples.map((sample, round) => sample[figure] / (under.samples[round]?.[figure] ?? Number.NaN)))
