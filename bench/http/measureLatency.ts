import type { TablesStub } from '../tables/tablesStub.ts'
import type { Contender } from './contender.ts'
import type { LoadThread } from './loadThread.ts'
import type { MayflyWorld } from './mayflyWorld.ts'
import { type HttpRounds, type HttpThoroughness, measureRounds, summarizeRounds } from './measureRounds.ts'
import { startBare } from './startBare.ts'
import { startMayfly, thisCheckout } from './startMayfly.ts'

/** What a vault and the tables of a region take, roughly. */
const injected = { signMilliseconds: 10, tableMilliseconds: 5 }

const table = 'bare'

/** What Mayfly adds to what nobody can do without, by the medians of the rounds; milliseconds. */
const addedOf = ([mayfly, bare]: readonly HttpRounds[], connections: number) => {
  const [ours, floor] = [mayfly, bare].map((rounds) => rounds && summarizeRounds(rounds))
  if (!ours || !floor) throw new Error('Nothing was measured.')
  return {
    connections,
    floor: { median: floor.latency50, latency99: floor.latency99 },
    mayfly: { median: ours.latency50, latency99: ours.latency99 },
    added: { median: ours.latency50 - floor.latency50, latency99: ours.latency99 - floor.latency99 },
  }
}

/**
 * Measures what Mayfly adds to one signature and one insert that take their time, for few requests at once and for many.
 * The floor is a server of node:http that waits as long, and inserts a row into the same tables.
 */
export const measureLatency = async (
  {
    stub,
    world,
    load,
  }: { readonly stub: TablesStub; readonly world: MayflyWorld; readonly load: LoadThread },
  thoroughness: HttpThoroughness,
) => {
  const { signMilliseconds, tableMilliseconds } = injected
  const entry = new URL(`delayedEntry.ts?milliseconds=${signMilliseconds}`, import.meta.url).href
  stub.rows.createTable(table)
  await using mayfly = await startMayfly('Mayfly', { root: thisCheckout, entry }, world)
  await using server = await startBare({ signMilliseconds, table: `${stub.url}/${table}` })
  const bare: Contender = {
    name: 'node:http',
    server,
    status: '201',
    makeRequests: (count) => world.makeRequests(count),
  }
  stub.delayMilliseconds = tableMilliseconds
  try {
    const results = []
    for (const connections of [4, thoroughness.connections])
      results.push(
        addedOf(await measureRounds([mayfly, bare], load, { ...thoroughness, connections }), connections),
      )
    return { ...injected, results }
  } finally {
    stub.delayMilliseconds = 0
  }
}
