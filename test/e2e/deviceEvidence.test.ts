import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runStream, testDeployment } from '../cli/runCommand.ts'
import type { Members } from '../tenants.ts'
import { makeDeviceKey } from '../world.ts'
import { attestationCases } from './deviceEvidence/attestationCases.ts'
import { keyDigest, postureToken } from './deviceEvidence/deviceIssuer.ts'
import type { EvidenceCase } from './deviceEvidence/evidenceCase.ts'
import { evidenceTenants } from './deviceEvidence/evidenceTenants.ts'
import { type Asked, type EvidenceWorld, openEvidenceWorld } from './deviceEvidence/evidenceWorld.ts'
import { postureCases } from './deviceEvidence/postureCases.ts'
import { severalCases } from './deviceEvidence/severalCases.ts'

let world: EvidenceWorld

beforeAll(async () => {
  world = await openEvidenceWorld()
  for (const [tenant, changes] of Object.entries(evidenceTenants(world)))
    await world.addTenant(tenant, changes)
})

afterAll(() => world[Symbol.asyncDispose]())

/** What each setting that fails is told to be, by its name. */
const settingsOf = ({ document }: Asked): Members => {
  const settings = (document['settings'] ?? []) as readonly { setting: string; actual: string }[]
  return Object.fromEntries(
    settings.map(({ setting, actual }) => [setting, actual.replace(/ \d+ s ago/, '')]),
  )
}

const check = async (one: EvidenceCase): Promise<void> => {
  const key = makeDeviceKey()
  const presented = await one.present({ ...world, key })
  const claims = { platform: 'windows', ...presented.claims }
  const asked = await world.ask({ tenant: one.tenant, key, ...presented, claims })
  const { status, code, signatures } = asked
  expect({ status, code, signatures }).toEqual({
    status: one.status,
    code: one.code,
    signatures: one.status === 201 ? 1 : 0,
  })
  if (one.words !== '') expect(asked.document['detail']).toContain(one.words)
  expect(settingsOf(asked)).toMatchObject(one.settings)
}

describe('a posture token', () => {
  it.each(postureCases)('$tenant: $evidence gets $code', check)
})

describe('an attestation', () => {
  it.each(attestationCases)('$tenant: $evidence gets $code', check)
})

describe('sources that tell the same fact', () => {
  it.each(severalCases)('$tenant: $evidence gets $code', check)
})

describe('evidence', () => {
  it('follows no header of a token to its key', () => {
    expect(world.site.asked.some((url) => url.startsWith(world.posture.url))).toBe(true)
    expect(world.site.asked.filter((url) => url.startsWith(world.stranger.url))).toEqual([])
  })

  it.each(['posture', 'attestation'] as const)('takes no member that is too long: %s', async (member) => {
    const asking = { tenant: 'posture', key: makeDeviceKey(), posture: await postureToken(world.posture) }
    const whole = 16 * 1024
    expect(await world.ask({ ...asking, [member]: 'x'.repeat(whole + 1) })).toMatchObject({
      status: 413,
      code: 'body-too-large',
      signatures: 0,
      document: { detail: expect.stringContaining(member) as string },
    })
    const [status, code] = member === 'posture' ? [403, 'posture-refused'] : [201, 'ok']
    expect(await world.ask({ ...asking, [member]: 'x'.repeat(whole) })).toMatchObject({ status, code })
  })

  it.each([
    ['posture', 'posture'],
    ['tpm', 'attestation'],
  ] as const)('is an outage where the keys of its issuer are gone: %s', async (of, member) => {
    const tenant = `${of}-without-keys`
    const { [of]: changes = {} } = evidenceTenants(world)
    const { [member]: entries, ...evidence } = changes.evidence ?? {}
    const [entry] = entries as readonly Members[]
    const gone = { ...entry, jwksUri: `${world.site.url}/gone` }
    await world.addTenant(tenant, { ...changes, evidence: { ...evidence, [member]: [gone] } })
    const key = makeDeviceKey()
    const posture = await postureToken(world.posture)
    const attestation = await world.azure.attest(keyDigest(key))
    const claims = { platform: 'windows' }
    const asked = await world.ask({ tenant, key, posture, attestation, claims })
    expect(asked).toMatchObject({ status: 503, code: 'token-keys-unavailable', signatures: 0 })
    expect(Number(asked.retryAfter)).toBeGreaterThan(0)
  })
})

/** What `mayfly ledger show` tells of a certificate or a refusal. */
const shown = (id: string, tenant: string): Promise<string> =>
  runStream(['ledger', 'show', id, '--tenant', tenant], testDeployment('.'), { now: new Date() })

describe('the ledger', () => {
  it('shows the facts that an answer rests on, with source and age, and holds no other', async () => {
    const tenant = 'recorded'
    const { posture: changes = {} } = evidenceTenants(world)
    await world.addTenant(tenant, changes)
    const secret = { serial: 'SN-4711' }
    const healthy = await postureToken(world.posture, { claims: secret })
    const allowed = await world.ask({ tenant, key: makeDeviceKey(), posture: healthy })
    const told = await shown(String(allowed.document['serialNumber']), tenant)
    expect(told).toMatch(/^ {2}systemDriveEncrypted +yes, by the posture token \d+ s ago$/m)
    const failing = await postureToken(world.posture, { claims: { ...secret, firewall: false } })
    const refused = await world.ask({ tenant, key: makeDeviceKey(), posture: failing })
    const toldOf = await shown(String(refused.document['instance']), tenant)
    expect(toldOf).toMatch(/^ {2}firewallEnabled +no, by the posture token \d+ s ago$/m)
    for (const text of [told, toldOf]) expect(text).not.toMatch(/SN-4711|antivirus/)
  })
})
