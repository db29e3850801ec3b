import { resolve } from 'node:path'
import { ownTables, type Undo } from '../../test/e2e/floodWorld.ts'
import { startPeers } from '../peers/peers.ts'
import { environment } from '../runBench.ts'
import { median } from '../summary.ts'
import { serveTablesStub } from '../tables/tablesStub.ts'
import type { Contender } from './contender.ts'
import { leaveServerCore } from './cores.ts'
import { type LoadThread, startLoadThread } from './loadThread.ts'
import { type MayflyWorld, openMayflyWorld } from './mayflyWorld.ts'
import { measureLatency } from './measureLatency.ts'
import { measureMemory } from './measureMemory.ts'
import { measureNotModified } from './measureNotModified.ts'
import {
  type HttpRounds,
  type HttpThoroughness,
  measureLoad,
  measureRounds,
  ratioOf,
  summarizeRounds,
} from './measureRounds.ts'
import { type Built, buildAside, type Mayfly, startMayfly, thisCheckout } from './startMayfly.ts'

/** How thoroughly to measure, and how many requests to watch the memory for. */
export interface Thoroughness extends HttpThoroughness {
  readonly memory: { readonly total: number; readonly steps: number }
}

/** Starts the same bundle on tables of Azurite, which shares the core of the others. */
const startOnAzurite = async (built: Built, stack: AsyncDisposableStack): Promise<Contender> => {
  const undo: Undo = []
  stack.defer(async () => {
    for (const step of undo) await step()
  })
  const world = stack.use(await openMayflyWorld(await ownTables(undo)))
  return stack.use(await startMayfly('Mayfly, Azurite', built, world))
}

/** Starts another checkout in the same world. */
const startBeside = async (
  folder: string,
  world: MayflyWorld,
  stack: AsyncDisposableStack,
): Promise<Contender> =>
  stack.use(await startMayfly(`Mayfly of ${folder}`, stack.use(await buildAside(resolve(folder))), world))

/**
 * Measures what of a request's processor time is the function's own, and not the host's: the same number of requests to the
 * same process, over HTTP and straight into the function, by turns.
 */
const measureHandler = async (
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

const ratiosOf = ([mayfly, ...others]: readonly HttpRounds[]) =>
  others.flatMap((other) =>
    mayfly
      ? {
          name: other.name,
          processor: ratioOf('processor', mayfly, other),
          requestsPerSecond: ratioOf('requestsPerSecond', mayfly, other),
        }
      : [],
  )

/** Measures over HTTP. @param beside another checkout, whose bundle on its own host is measured in the same rounds. */
export const measureHttp = async (thoroughness: Thoroughness, beside?: string) => {
  leaveServerCore()
  await using stack = new AsyncDisposableStack()
  const stub = stack.use(await serveTablesStub())
  const world = stack.use(await openMayflyWorld(stub.connectionString))
  const load = stack.use(startLoadThread())
  const built = stack.use(await buildAside(thisCheckout))
  const mayfly = stack.use(await startMayfly('Mayfly, stub', built, world))
  const others = beside === undefined ? [] : [await startBeside(beside, world, stack)]
  const { started, missing } = await startPeers(stack)
  const azurite = await startOnAzurite(built, stack)
  const rounds = await measureRounds([mayfly, ...others, azurite, ...started], load, thoroughness)
  const { connections, memory } = thoroughness
  return {
    ...environment(),
    ...thoroughness,
    contenders: rounds.map(summarizeRounds),
    missing,
    ratios: ratiosOf(rounds),
    handler: await measureHandler(mayfly, load, thoroughness),
    notModified: await measureNotModified(mayfly, world.tenant.tenant, load, thoroughness),
    latency: await measureLatency({ stub, world, load }, thoroughness),
    memory: await measureMemory(mayfly, load, { ...memory, connections }),
  }
}

export type HttpResults = Awaited<ReturnType<typeof measureHttp>>
