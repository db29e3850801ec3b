import { cpus } from 'node:os'
import { floodKinds } from '../test/e2e/floodKinds.ts'
import { type CalmAnswer, floodConnections } from '../test/e2e/flood.ts'
import { createFloodWorld } from '../test/e2e/floodWorld.ts'
import { type FloodRound, type FloodThoroughness, measureFloods } from './measureFloods.ts'
import { median, quantile } from './summary.ts'

/** Compares what the tenant that behaves well noticed with and without a flood. */
export interface Comparison {
  readonly peace: number
  readonly flooded: number
  /** Median over the rounds of what each had with the flood, by what it had without. */
  readonly ratio: number
}

/** The harm that one kind of flood did. */
export interface FloodResult {
  readonly name: string
  /** Parts of all requests of the tenant that behaves well: 1 is all. */
  readonly success: Omit<Comparison, 'ratio'>
  /** Milliseconds. */
  readonly medianLatency: Comparison
  readonly latencyOf95Percent: Comparison
  readonly floodRequestsPerSecond: number
  /** Counts the answers to the flood by status. */
  readonly floodAnswers: Readonly<Record<string, number>>
}

/** All that was measured, and on what. */
export interface FloodResults {
  readonly node: string
  readonly processor: string
  readonly processors: number
  /** UTC, ISO 8601. */
  readonly date: string
  readonly rounds: number
  /** How many requests of a flood are under way at any time. */
  readonly connections: number
  readonly floods: readonly FloodResult[]
}

type Half = 'peace' | 'flooded'

const issued = (answers: readonly CalmAnswer[]) => answers.filter(({ status }) => status === 201)

const successOf = (rounds: readonly FloodRound[], half: Half): number => {
  const all = rounds.flatMap((round) => round[half])
  return issued(all).length / all.length
}

/** A number of the latencies of each round, and of the rounds their median. */
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

const resultOf = (name: string, rounds: readonly FloodRound[]): FloodResult => {
  const floodAnswers = sumUp(rounds)
  const count = Object.values(floodAnswers).reduce((sum, one) => sum + one, 0)
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0)
  return {
    name,
    success: { peace: successOf(rounds, 'peace'), flooded: successOf(rounds, 'flooded') },
    medianLatency: compare(rounds, median),
    latencyOf95Percent: compare(rounds, (milliseconds) => quantile(milliseconds, 0.95)),
    floodRequestsPerSecond: count / seconds,
    floodAnswers,
  }
}

/** Measures floods against a functions host in a process of its own. */
export const measureFlooding = async (thoroughness: FloodThoroughness): Promise<FloodResults> => {
  await using world = await createFloodWorld()
  const rounds = await measureFloods(world, thoroughness)
  return {
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    date: new Date().toISOString(),
    rounds: thoroughness.rounds,
    connections: floodConnections,
    floods: floodKinds.map(({ name }) =>
      resultOf(
        name,
        rounds.filter((round) => round.kind.name === name),
      ),
    ),
  }
}
