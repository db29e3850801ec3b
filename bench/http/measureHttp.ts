import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { environment } from '../runBench.ts'
import { serveTablesStub } from '../tables/tablesStub.ts'
import { startPeers } from '../peers/peers.ts'
import type { Contender } from './contender.ts'
import { leaveServerCore } from './cores.ts'
import { startLoadThread } from './loadThread.ts'
import { openMayflyWorld, startMayfly } from './mayflyWorld.ts'
import { type HttpThoroughness, measureRounds, ratioOf, summarizeRounds } from './measureRounds.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Measures over HTTP. @param beside another checkout, whose bundle on its own host is measured in the same rounds. */
export const measureHttp = async (thoroughness: HttpThoroughness, beside?: string) => {
  leaveServerCore()
  await using stub = await serveTablesStub()
  await using world = await openMayflyWorld(stub.connectionString)
  await using load = startLoadThread()
  const contenders: Contender[] = []
  try {
    contenders.push(await startMayfly('Mayfly', root, world))
    if (beside !== undefined)
      contenders.push(await startMayfly(`Mayfly of ${beside}`, resolve(beside), world))
    const missing = await startPeers(contenders)
    const measured = await measureRounds(contenders, load, thoroughness)
    const [mayfly] = measured
    return {
      ...environment(),
      ...thoroughness,
      missing,
      contenders: measured.map(summarizeRounds),
      ratios: measured.slice(1).map((other) => ({
        name: other.name,
        processor: mayfly ? ratioOf('processor', mayfly, other) : Number.NaN,
        requestsPerSecond: mayfly ? ratioOf('requestsPerSecond', mayfly, other) : Number.NaN,
      })),
    }
  } finally {
    for (const contender of contenders) await contender[Symbol.asyncDispose]()
  }
}

export type HttpResults = Awaited<ReturnType<typeof measureHttp>>
