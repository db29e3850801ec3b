import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runStream, testDeployment } from '../cli/runCommand.ts'
import { testUser } from '../tokens.ts'
import { makeDeviceKey } from '../world.ts'
import { type EvidenceWorld, openEvidenceWorld } from './deviceEvidence/evidenceWorld.ts'
import { directoryId, directoryTenants } from './deviceEvidence/directoryTenants.ts'
import { graphCases, userId } from './deviceEvidence/graphCases.ts'
import { type GraphSite, healthyDevice, openGraphSite } from './deviceEvidence/graphSite.ts'

let graph: GraphSite
let world: EvidenceWorld

beforeAll(async () => {
  graph = await openGraphSite()
  world = await openEvidenceWorld({
    MAYFLY_DIRECTORY_ID: directoryId,
    MAYFLY_GRAPH_HOST: new URL(graph.url).host,
    MAYFLY_GRAPH_TOKEN: 'the token of the identity',
    MAYFLY_REQUEST_SECONDS: '20',
  })
  for (const [tenant, changes] of Object.entries(directoryTenants)) await world.addTenant(tenant, changes)
})

beforeEach(() => {
  graph.heal()
  graph.deviceId = randomUUID()
  graph.asked.length = 0
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await graph[Symbol.asyncDispose]()
})

describe('the directory', () => {
  it('leaves nothing in the ledger that no policy asked for', async () => {
    graph.devices.set(testUser.deviceId, healthyDevice(userId))
    const tenant = 'beside-a-claim'
    const { document } = await world.ask({ tenant, key: makeDeviceKey(), claims: { oid: userId } })
    const show = ['ledger', 'show', String(document['serialNumber']), '--tenant', tenant]
    const told = await runStream(show, testDeployment('.'), { now: new Date() })
    expect(told).toMatch(/^ {2}device +\{"deviceId":"[^"]+"\}$/m)
    expect(told).not.toContain('ADA-LAPTOP')
  })

  it.each(graphCases)('$tenant: $directory gets $code', async (one) => {
    one.arrange(graph)
    const claims = { oid: userId, device_id: graph.deviceId, ...one.claims }
    const asked = await world.ask({ tenant: one.tenant, key: makeDeviceKey(), claims })
    const { status, code, signatures } = asked
    expect({ status, code, signatures }).toEqual({
      status: one.status,
      code: one.code,
      signatures: one.status === 201 ? 1 : 0,
    })
    expect(graph.asked.length).toBeLessThanOrEqual(one.asks ?? 3)
    if (one.status !== 503) expect(asked.retryAfter).toBeNull()
    else if (one.retryAfter === undefined) expect(Number(asked.retryAfter)).toBeGreaterThan(0)
    else expect(asked.retryAfter).toBe(one.retryAfter)
  })
})
