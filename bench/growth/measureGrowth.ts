import { leaveServerCore } from '../http/cores.ts'
import { type LoadThread, startLoadThread } from '../http/loadThread.ts'
import { type HttpSample, measureLoad, ratioOf, summarizeRounds } from '../http/measureRounds.ts'
import { buildAside, thisCheckout } from '../http/startMayfly.ts'
import { environment } from '../runBench.ts'
import { median } from '../summary.ts'
import { growthCases, type RunningCase, type Sizes, startCase } from './growthCase.ts'

/** How thoroughly to measure what. */
export interface GrowthThoroughness {
  readonly sizes: Sizes
  readonly rounds: number
  /** Requests to each case in a round, and before the first. */
  readonly requests: number
  readonly connections: number
}

interface GrowthSample extends HttpSample {
  /** Calls of tables for each request. */
  readonly calls: number
}

const measureCase = async (
  running: RunningCase,
  load: LoadThread,
  { requests: count, connections }: GrowthThoroughness,
): Promise<GrowthSample> => {
  const { mayfly, stub } = running
  const first = await running.makeFirstRequests()
  await load.send({ url: mayfly.server.url, requests: first, connections })
  const before = stub.requests
  const sample = await measureLoad(mayfly, load, { count, connections })
  return { ...sample, calls: (stub.requests - before) / count }
}

interface GrowthRounds {
  readonly name: string
  readonly samples: GrowthSample[]
}

const rowOf = (rounds: GrowthRounds, smallest: GrowthRounds) => ({
  ...summarizeRounds(rounds),
  calls: median(rounds.samples.map(({ calls }) => calls)),
  /** Processor time by that of the smallest deployment in the same round. */
  ratio: ratioOf('processor', rounds, smallest),
})

/** Measures an enrollment in a small deployment, and in ones that have much of one thing, in the same rounds. */
export const measureGrowth = async (thoroughness: GrowthThoroughness) => {
  leaveServerCore()
  await using stack = new AsyncDisposableStack()
  const load = stack.use(startLoadThread())
  const built = stack.use(await buildAside(thisCheckout))
  const cases: RunningCase[] = []
  for (const one of growthCases(thoroughness.sizes)) cases.push(stack.use(await startCase(one, built)))
  for (const one of cases) await measureCase(one, load, thoroughness)
  const rounds = cases.map(({ growthCase: { name } }): GrowthRounds => ({ name, samples: [] }))
  for (let round = 0; round < thoroughness.rounds; round++)
    for (const [index, one] of cases.entries())
      rounds[index]?.samples.push(await measureCase(one, load, thoroughness))
  const [smallest] = rounds
  if (!smallest) throw new Error('Nothing was measured.')
  return { ...environment(), ...thoroughness, cases: rounds.map((one) => rowOf(one, smallest)) }
}

/** What was measured. */
export type GrowthResults = Awaited<ReturnType<typeof measureGrowth>>
