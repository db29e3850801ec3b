import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testConnectionString } from '../azurite.ts'
import { behaveWell, calmRequests, floodConnections, floodRequests, startFlood } from './flood.ts'
import { floodKinds } from './floodKinds.ts'
import { createFloodWorld, type FloodWorld } from './floodWorld.ts'

let world: FloodWorld

beforeAll(async () => {
  // Who has no place is refused at once, however long a request may take: on a busy machine that is longer than usual.
  const settings = { MAYFLY_REQUEST_SECONDS: '60' }
  world = await createFloodWorld({ connectionString: testConnectionString(), settings })
})
afterAll(() => world[Symbol.asyncDispose]())

describe('a tenant that behaves well gets every certificate it asks for under a flood of', () => {
  it.each(floodKinds)('$name', async (kind) => {
    const requests = await floodRequests(world, kind, 1_000)
    await behaveWell(world, await calmRequests(world, 1), 0)
    const undo = kind.arrange?.(world)
    const flood = await startFlood({ url: world.url, requests, connections: floodConnections })
    const answers = await behaveWell(world, await calmRequests(world, 20), 40)
    undo?.()
    const flooded = await flood.stop()
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201))
    expect(kind.statuses.map(String)).toEqual(expect.arrayContaining(Object.keys(flooded)))
    const count = Object.values(flooded).reduce((sum, one) => sum + one, 0)
    expect(count).toBeGreaterThanOrEqual(floodConnections)
  })
})
