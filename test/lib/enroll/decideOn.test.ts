import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import type { Directory, DirectoryWord } from '../../../lib/directory/directory.ts'
import { silence } from '../../../lib/directory/silentDirectory.ts'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import { type StageName, untraced } from '../../../lib/telemetry/trace.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { type Members, postureTrust } from '../../tenants.ts'
import { genericTestIssuer, type TokenChanges } from '../../tokens.ts'
import { createWorld, enrollmentOf, makeDeviceKey, servicesOf, testTime, type World } from '../../world.ts'
import { policyDocument } from '../compliance/compliancePolicies.ts'
import { alice, stop } from '../tenant/denials.ts'
import { recordedRefusals } from './fixtures/recordedRefusals.ts'

const mdm = await genericTestIssuer('https://mdm.example', {
  now: () => testTime,
  audience: 'urn:mayfly:posture',
})

const trust = postureTrust({
  issuer: mdm.url,
  audience: mdm.audience,
  facts: { platform: 'platform', systemDriveEncrypted: 'encrypted', firewallEnabled: 'firewall' },
})

/** A posture token about a device that is encrypted, unless a test changes it. */
const posture = (claims: TokenChanges['claims'] = {}) =>
  mdm.token({ claims: { platform: 'windows', encrypted: true, firewall: true, ...claims } })

/** A tenant whose devices must be encrypted, as its posture tokens say. */
const createJudgingWorld = (evidence: Members = {}) =>
  createWorld({
    issuers: [mdm],
    document: { evidence: { posture: [trust], ...evidence } },
    policySet: { compliancePolicies: [policyDocument('windows', { storageRequireEncryption: true })] },
  })

interface Sent {
  readonly token?: string
  readonly csr?: Uint8Array
  readonly posture?: string
  readonly attestation?: string
}

/** Enrolls with a good token and a new key, unless a test sends others. @returns the certificate or the refusal, and what was measured. */
const send = async (world: World, request: Sent = {}, services: Services = world.services) => {
  const stages: StageName[] = []
  const trace = {
    ...untraced,
    stage<T>(name: StageName, run: () => T): T {
      stages.push(name)
      return run()
    },
  }
  const { token = await world.issuer.token(), csr = makeDeviceKey().csr(), ...rest } = request
  const enrollment = enrollmentOf({ ...rest, tenant: world.tenant, token, csr })
  const answer: unknown = await enroll(enrollment, services, { trace }).catch((error: unknown) => error)
  return { answer, stages }
}

/** Whether anybody asked for the keys of the MDM: nothing of a posture token is looked at before. */
const askedMdm = ({ network }: World): boolean => network.fetched.some((url) => url.startsWith(mdm.url))

describe('the step of evidence', () => {
  it('lets a device in that a token about it proves, and records the facts that were used', async () => {
    await using world = await createJudgingWorld()
    const { answer, stages } = await send(world, { posture: await posture() })
    const used = { source: 'posture', at: Math.floor(testTime.getTime() / 1000) }
    const facts = [
      { ...used, fact: 'platform', value: 'windows' },
      { ...used, fact: 'systemDriveEncrypted', value: true },
    ]
    expect(answer).toMatchObject({ created: true, entry: { signals: { facts } } })
    expect(stages.indexOf('evidence')).toBe(stages.indexOf('decide') - 1)
  })

  it('keeps out a device that a token disproves, names the setting, and records the facts that were used', async () => {
    await using world = await createJudgingWorld()
    const { answer } = await send(world, { posture: await posture({ encrypted: false }) })
    expect(answer).toMatchObject({
      code: 'device-not-compliant',
      options: { failed: { settings: [{ policy: 'Plain', setting: 'storageRequireEncryption' }] } },
    })
    const [entry, ...more] = await recordedRefusals(world)
    expect(more).toEqual([])
    expect(entry).toMatchObject({
      code: 'device-not-compliant',
      signals: { facts: [{ fact: 'platform' }, { fact: 'systemDriveEncrypted', value: false }] },
    })
    expect(JSON.stringify(entry)).not.toContain('firewall')
    expect(world.keys.signatures).toBe(0)
  })

  it.each<readonly [what: string, code: string, sent: (world: World) => Promise<Sent> | Sent]>([
    [
      'the compliance token is no good',
      'token-expired',
      async (world) => ({ token: await world.issuer.token({ claims: { exp: 1 } }) }),
    ],
    ['the request is none', 'csr-malformed', () => ({ csr: Buffer.from('x') })],
    [
      'the token is bound to another key',
      'key-binding-mismatch',
      async (world) => ({ token: await world.issuer.token({ claims: { cnf: { jkt: 'x'.repeat(43) } } }) }),
    ],
    [
      'the user is stopped',
      'denied',
      async (world) => {
        await stop(world.tables, { tenant: parseTenantId(world.tenant), subject: alice })
        return {}
      },
    ],
  ])('looks at nothing of the device where %s', async (_, code, sentIn) => {
    await using world = await createJudgingWorld()
    const { answer, stages } = await send(world, { posture: await posture(), ...(await sentIn(world)) })
    expect(answer).toMatchObject({ code })
    expect([askedMdm(world), stages.includes('evidence')]).toEqual([false, false])
  })

  it('costs a tenant without evidence nothing, whatever its clients send', async () => {
    await using world = await createWorld({ issuers: [mdm] })
    const { answer, stages } = await send(world, { posture: await posture(), attestation: 'nonsense' })
    expect(answer).toMatchObject({ created: true })
    expect([askedMdm(world), stages.includes('evidence')]).toEqual([false, false])
  })

  it('ignores a token of a kind that the tenant has not configured', async () => {
    await using world = await createJudgingWorld()
    const { answer } = await send(world, { posture: await posture(), attestation: 'nonsense' })
    expect(answer).toMatchObject({ created: true })
  })
})

const directoryId = '44444444-0000-4000-8000-000000000001'

type Answering = Directory['lookUp']

/** A directory that answers by a test, and tells how long each look-up may take. */
const directoryOf = (answer: Answering) => {
  const milliseconds: number[] = []
  const directory: Directory = {
    lookUp(question, deadline) {
      milliseconds.push(deadline.remaining())
      return answer(question, deadline)
    },
  }
  return { directory, milliseconds }
}

const favourable: Answering = (question) =>
  Promise.resolve({ ...silence(question), proofs: { compliantDevice: 'yes' }, troubles: [] })

describe('the directory', () => {
  const withDirectory = async (answer: Answering) => {
    const { directory, milliseconds } = directoryOf(answer)
    const world = await createWorld({
      document: { evidence: { directory: { kind: 'entra', directoryId, userIdClaim: 'sub' } } },
    })
    const { network, keys: source } = world
    const times = requestTimes(1)
    const services = servicesOf(world.tables, { network, source, now: () => world.now, directory, times })
    return { world, services, milliseconds }
  }

  it('has two fifths of the time of a request, so that there is some left to sign and to record', async () => {
    const { world, services, milliseconds } = await withDirectory(favourable)
    await using _ = world
    expect((await send(world, {}, services)).answer).toMatchObject({ created: true })
    expect(milliseconds).toHaveLength(1)
    expect(milliseconds[0]).toBeLessThanOrEqual(400)
  })

  it('that does not answer is an outage: tried again later, recorded as no refusal, and nothing is signed', async () => {
    const { world, services } = await withDirectory((question, deadline) =>
      deadline
        .within(new Promise<DirectoryWord>(() => undefined), () => new Error('late'))
        .catch(() => silence(question, 7)),
    )
    await using _ = world
    const { answer } = await send(world, {}, services)
    expect(answer).toMatchObject({ code: 'directory-unavailable', options: { retryAfterSeconds: 7 } })
    expect(await recordedRefusals(world)).toEqual([])
    expect(world.keys.signatures).toBe(0)
  })

  it('is not asked about a device that is refused whatever it says', async () => {
    const { world, services, milliseconds } = await withDirectory(favourable)
    await using _ = world
    const token = await world.issuer.token({ claims: { device_compliant: false } })
    expect((await send(world, { token }, services)).answer).toMatchObject({ code: 'device-not-compliant' })
    expect(milliseconds).toEqual([])
  })
})

it('records a denial that a posture token of an unknown key would hide behind an outage', async () => {
  await using world = await createJudgingWorld()
  const stranger = () => mdm.token({ header: { kid: randomUUID() } })
  const first = await send(world, { posture: await stranger() })
  expect(first.answer).toMatchObject({ code: 'posture-refused' })
  world.now = new Date(world.now.getTime() + 1000)
  const second = await send(world, { posture: await stranger() })
  expect(second.answer).toMatchObject({ code: 'token-keys-unavailable', status: 503 })
  const codes = (await recordedRefusals(world)).map(({ code }) => code)
  expect(codes.toSorted()).toEqual(['posture-refused', 'token-keys-unavailable'])
})
