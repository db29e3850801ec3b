import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { factKinds } from '../../lib/policy/signals/factKinds.ts'
import { runCommand, testDeployment } from '../cli/runCommand.ts'
import { projectFile } from '../pages.ts'
import { makeDeviceKey } from '../world.ts'
import { postureToken } from './deviceEvidence/deviceIssuer.ts'
import { type EvidenceWorld, openEvidenceWorld } from './deviceEvidence/evidenceWorld.ts'
import { exportedCases, postureOf } from './deviceEvidence/exportedCases.ts'

/** Five policies as Graph's beta lists them. */
const exported = 'test/lib/compliance/model/exportedPolicies.json'

let world: EvidenceWorld

/** Runs a command as whoever administers the tenant does. */
const mayfly = (...args: readonly string[]) =>
  runCommand([...args, '--tenant', 'exported'], testDeployment('.'), {
    now: () => new Date(),
    answer: true,
  })

beforeAll(async () => {
  world = await openEvidenceWorld()
  const facts = Object.fromEntries(Object.keys(factKinds).map((fact) => [fact, ['facts', fact]]))
  const { url: issuer } = world.posture
  const posture = { issuer, audience: 'urn:mayfly:posture', deviceIdClaim: ['device', 'id'], facts }
  await world.addTenant('exported', {
    trust: { signals: { groups: 'groups' } },
    evidence: { posture: [posture] },
  })
  await mayfly('compliance', 'apply', '-f', exported, '--yes')
})

afterAll(() => world[Symbol.asyncDispose]())

describe('compliance policies as Intune exports them', () => {
  it('are five, which the tenant then has', async () => {
    const { value } = JSON.parse(projectFile(exported)) as {
      readonly value: readonly { displayName: string }[]
    }
    const { json } = await mayfly('compliance', 'list')
    expect(value).toHaveLength(5)
    for (const { displayName } of value) expect(JSON.stringify(json)).toContain(displayName)
  })

  it.each(exportedCases)('$who: fails $fails', async (one) => {
    const posture = await postureToken(world.posture, { claims: postureOf(one) })
    const claims = { groups: one.groups, device_compliant: true, ...one.claims }
    const asked = await world.ask({ tenant: 'exported', key: makeDeviceKey(), posture, claims })
    const { settings = [] } = asked.document as {
      readonly settings?: readonly { readonly setting: string }[]
    }
    const { status, code, signatures } = asked
    expect({ status, code, signatures, fails: settings.map(({ setting }) => setting).toSorted() }).toEqual({
      ...(one.isRefused
        ? { status: 403, code: 'device-not-compliant', signatures: 0 }
        : { status: 201, code: 'ok', signatures: 1 }),
      fails: one.fails.toSorted(),
    })
  })
})
