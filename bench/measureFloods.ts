import {
  type CalmAnswer,
  type Answers,
  behaveWell,
  calmRequests,
  floodConnections,
  floodRequests,
  startFlood,
} from '../test/e2e/flood.ts'
import { type FloodKind, floodKinds } from '../test/e2e/floodKinds.ts'
import type { FloodWorld } from '../test/e2e/floodWorld.ts'

/** How thoroughly to measure. */
export interface FloodThoroughness {
  readonly rounds: number
  /** Requests of the tenant that behaves well, in each half of a round. */
  readonly requests: number
  /** Requests that a flood has in stock: it begins anew when they are used up. */
  readonly stock: number
}

/** Milliseconds between two requests of the tenant that behaves well: 20 a second. */
const distanceMilliseconds = 50

/** One round: the same number of requests, once in peace, and once in the flood. */
export interface FloodRound {
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

/** Measures every kind of flood, in rounds one after the other: what else the machine does hits all of them alike. */
export const measureFloods = async (
  world: FloodWorld,
  thoroughness: FloodThoroughness,
): Promise<readonly FloodRound[]> => {
  await behaveWell(world, await calmRequests(world, 20), distanceMilliseconds)
  const rounds: FloodRound[] = []
  for (let round = 0; round < thoroughness.rounds; round++)
    for (const kind of floodKinds) rounds.push(await measureRound(world, kind, thoroughness))
  return rounds
}
