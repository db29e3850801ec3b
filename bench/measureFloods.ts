import {
  behaveWell,
  type CalmAnswer,
  calmRequests,
  floodConnections,
  floodRequests,
  startFlood,
} from '../test/e2e/flood.ts'
import { type FloodKind, floodKinds } from '../test/e2e/floodKinds.ts'
import type { Answers } from '../test/e2e/sendRequests.ts'
import { createFloodWorld, type FloodWorld } from '../test/e2e/floodWorld.ts'
import { environment } from './runBench.ts'
import { median, quantile } from './summary.ts'

/** How thoroughly to measure. */
interface FloodThoroughness {
  readonly rounds: number
  /** Requests of the tenant that behaves well, in each half of a round. */
  readonly requests: number
  /** Requests that a flood has in stock: it begins anew when they are used up. */
  readonly stock: number
}

/** Milliseconds between two requests of the tenant that behaves well: 20 a second. */
const distanceMilliseconds = 50

/** One round: the same number of requests, once in peace, and once in the flood. */
interface FloodRound {
  readonly kind: FloodKind
  readonly peace: readonly CalmAnswer[]
  readonly flooded: readonly CalmAnswer[]
  /** Counts the answers to the flood. */
  readonly answers: Answers
  /** How long it went on. */
  readonly seconds: number
}

const measureRound = async (
  world: FloodWorld,
  kind: FloodKind,
  { requests, stock }: FloodThoroughness,
): Promise<FloodRound> => {
  const [first, second] = [await calmRequests(world, requests), await calmRequests(world, requests)]
  const flood = {
    url: world.url,
    requests: await floodRequests(world, kind, stock),
    connections: floodConnections,
  }
  const peace = await behaveWell(world, first, distanceMilliseconds)
  const undo = kind.arrange?.(world)
  const running = await startFlood(flood)
  const startedAt = performance.now()
  const flooded = await behaveWell(world, second, distanceMilliseconds)
  undo?.()
  const answers = await running.stop()
  return { kind, peace, flooded, answers, seconds: (performance.now() - startedAt) / 1000 }
}

/** Compares what the tenant that behaves well noticed with and without a flood. */
export interface Comparison {
  readonly peace: number
  readonly flooded: number
  /** Median over the rounds of what each had with the flood, by what it had without. */
  readonly ratio: number
}

type Half = 'peace' | 'flooded'

const issued = (answers: readonly CalmAnswer[]) => answers.filter(({ status }) => status === 201)

const successOf = (rounds: readonly FloodRound[], half: Half): number => {
  const all = rounds.flatMap((round) => round[half])
  return issued(all).length / all.length
}

/** Compares a number of the latencies of each round with and without a flood, by the medians of the rounds. */
const compare = (
  rounds: readonly FloodRound[],
  number: (milliseconds: readonly number[]) => number,
): Comparison => {
  const of = (round: FloodRound, half: Half) => number(round[half].map(({ milliseconds }) => milliseconds))
  return {
    peace: median(rounds.map((round) => of(round, 'peace'))),
    flooded: median(rounds.map((round) => of(round, 'flooded'))),
    ratio: median(rounds.map((round) => of(round, 'flooded') / of(round, 'peace'))),
  }
}

const sumUp = (rounds: readonly FloodRound[]): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {}
  for (const { answers } of rounds)
    for (const [status, count] of Object.entries(answers)) sums[status] = (sums[status] ?? 0) + count
  return sums
}

const resultOf = (name: string, rounds: readonly FloodRound[]) => {
  const floodAnswers = sumUp(rounds)
  const count = Object.values(floodAnswers).reduce((sum, one) => sum + one, 0)
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0)
  return {
    name,
    /** Parts of all requests of the tenant that behaves well: 1 is all. */
    success: { peace: successOf(rounds, 'peace'), flooded: successOf(rounds, 'flooded') },
    /** Milliseconds. */
    medianLatency: compare(rounds, median),
    latencyOf95Percent: compare(rounds, (milliseconds) => quantile(milliseconds, 0.95)),
    floodRequestsPerSecond: count / seconds,
    /** Counts the answers to the flood by status. */
    floodAnswers,
  }
}

/** Measures in rounds of every kind, one after the other: what else the machine does hits all of them alike. */
const measureRounds = async (
  world: FloodWorld,
  thoroughness: FloodThoroughness,
): Promise<readonly FloodRound[]> => {
  await behaveWell(world, await calmRequests(world, 20), distanceMilliseconds)
  const rounds: FloodRound[] = []
  for (let round = 0; round < thoroughness.rounds; round++)
    for (const kind of floodKinds) rounds.push(await measureRound(world, kind, thoroughness))
  return rounds
}

/** Measures floods against a functions host in a process of its own. */
export const measureFloods = async (thoroughness: FloodThoroughness) => {
  await using world = await createFloodWorld()
  const rounds = Map.groupBy(await measureRounds(world, thoroughness), ({ kind }) => kind.name)
  return {
    ...environment(),
    rounds: thoroughness.rounds,
    /** How many requests of a flood are under way at any time. */
    connections: floodConnections,
    floods: floodKinds.map(({ name }) => resultOf(name, rounds.get(name) ?? [])),
  }
}

export type FloodResult = ReturnType<typeof resultOf>
export type FloodResults = Awaited<ReturnType<typeof measureFloods>>
