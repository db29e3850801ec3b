import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import type { Trace } from '../../../lib/telemetry/trace.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { entraTrust, tenantDocument } from '../../tenants.ts'
import { confused, entraTestIssuer, makeTokenKey, type TokenChanges, unsigned } from '../../tokens.ts'
import {
  applyDocument,
  createWorld,
  servicesOf,
  enrollmentOf,
  makeDeviceKey,
  oldToken,
  type TestEnrollment,
  testTime,
  uniqueTenantId,
  type World,
} from '../../world.ts'
import { alice, stop } from '../tenant/denials.ts'
import { holdSigners } from './fixtures/holdSigners.ts'
import { recordedRefusals as recorded } from './fixtures/recordedRefusals.ts'

const traced = (): Trace => ({
  invocationId: randomUUID(),
  stage: (_, run) => run(),
  tenant: () => undefined,
  signed: () => undefined,
})

/** Enrolls as the function does. */
const request = async (
  world: World,
  { key = makeDeviceKey(), ...rest }: TestEnrollment = {},
  { services, trace }: { readonly services?: Services; readonly trace?: Trace } = {},
) => {
  const [token, csr] = [rest.token ?? (await world.issuer.token()), rest.csr ?? key.csr()]
  const enrollment = enrollmentOf({ tenant: world.tenant, ...rest, token, csr })
  return enroll(enrollment, services ?? world.services, { trace: trace ?? traced() })
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
const tokenWith = (claims: NonNullable<TokenChanges['claims']>) => (world: World) =>
  world.issuer.token({ claims })
const longText = 'ö'.repeat(100) + 'x'.repeat(1_000)

describe('a request with an authentic token leaves a record when it is refused:', () => {
  it('who, which token, device and key, why, on which configuration, and the id of the request', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const claims = { device_compliant: false, jti: 'token-1', sub: 'alice-1' }
    const trace = traced()
    const token = await world.issuer.token({ claims })
    await expect(request(world, { token, key }, { trace })).toRefuse('device-not-compliant')
    const [entry, ...more] = await recorded(world)
    expect(more).toEqual([])
    expect(entry).toEqual({
      at: testTime,
      code: 'device-not-compliant',
      detail: expect.stringMatching(/^Cannot enroll: /),
      invocationId: trace.invocationId,
      upn: 'alice@contoso.example',
      deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
      tokenIssuer: world.issuer.url,
      subject: 'alice-1',
      tokenId: 'token-1',
      keyHash: verifyCsr(key.csr()).keyHash,
      signals: {
        version: 1,
        at: seconds(testTime),
        user: 'alice-1',
        application: world.issuer.audience,
        device: { deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11' },
        proofs: { compliantDevice: 'no' },
      },
      revision: 1,
      suppressed: 0,
    })
  })

  it.each([
    ['token-audience-wrong', tokenWith({ aud: 'api://other' })],
    ['token-expired', tokenWith({ iat: seconds(testTime) - 100, exp: seconds(testTime) - 1 })],
    ['token-too-old', tokenWith({ iat: seconds(testTime) - 901 })],
    ['token-client-refused', tokenWith({ client_id: 'other' })],
    ['token-claim-invalid', tokenWith({ jti: undefined })],
    ['upn-refused', tokenWith({ upn: 'alice@other.example' })],
    ['key-binding-mismatch', tokenWith({ cnf: { jkt: 'x'.repeat(43) } })],
    ['device-not-compliant', tokenWith({ device_compliant: undefined })],
  ] as const)('%s', async (code, tokenOf) => {
    await using world = await createWorld()
    await expect(request(world, { token: await tokenOf(world) })).toRefuse(code)
    expect(await recorded(world)).toMatchObject([{ code, tokenIssuer: world.issuer.url }])
  })

  it('token-version-refused, for a v1 token of a directory that the tenant trusts, and not for a forged one', async () => {
    const directoryId = randomUUID()
    const entra = await entraTestIssuer(directoryId, { now: () => testTime })
    await using world = await createWorld({ issuers: [entra] })
    await applyDocument(world.tables, tenantDocument(world.tenant, [entraTrust(directoryId, entra)]))
    const claims = { iss: `https://sts.windows.net/${directoryId}/`, ver: '1.0', aud: 'api://mayfly' }
    await expect(request(world, { token: await entra.token({ claims }) })).toRefuse(
      'token-version-refused',
      /v1 token\. Set requestedAccessTokenVersion to 2/,
    )
    const told = [{ code: 'token-version-refused', tokenIssuer: entra.url, upn: 'alice@contoso.example' }]
    expect(await recorded(world)).toMatchObject(told)
    const forged = await entra.token({
      claims,
      key: { ...(await makeTokenKey('RS256')), kid: entra.key.kid },
    })
    await expect(request(world, { token: forged })).toRefuse('token-signature-invalid')
    expect(await recorded(world)).toMatchObject(told)
  })

  it('csr-malformed, without a key; csr-signature-invalid', async () => {
    await using world = await createWorld()
    await expect(request(world, { csr: Buffer.from('no csr') })).toRefuse('csr-malformed')
    const csr = makeDeviceKey().csr()
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1
    await expect(request(world, { csr })).toRefuse('csr-signature-invalid')
    const entries = await recorded(world)
    expect(entries.map(({ code, keyHash, signals }) => ({ code, keyHash, signals }))).toEqual(
      expect.arrayContaining([
        { code: 'csr-malformed', keyHash: '', signals: [] },
        { code: 'csr-signature-invalid', keyHash: '', signals: [] },
      ]),
    )
  })

  it('token-replayed and token-spent', async () => {
    await using world = await createWorld()
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    const { entry } = await request(world, { token, key })
    await expect(request(world, { token })).toRefuse('token-replayed')
    const maxAge = 900_000
    world.now = new Date(Math.min(entry.renewalStart.getTime(), testTime.getTime() + maxAge))
    await expect(request(world, { token, key })).rejects.toMatchObject({ status: 401 })
    expect((await recorded(world)).map(({ code }) => code)).toContain('token-replayed')
    expect(await recorded(world)).toHaveLength(2)
  })

  it('denied', async () => {
    await using world = await createWorld()
    await stop(world.tables, { tenant: parseTenantId(world.tenant), subject: alice })
    await expect(request(world)).toRefuse('denied')
    expect(await recorded(world)).toMatchObject([{ code: 'denied', upn: 'alice@contoso.example' }])
  })

  it('with claims as printable ASCII, cut short: nobody has checked them', async () => {
    await using world = await createWorld()
    const claims = { sub: longText, upn: `\u0000\n${longText}`, jti: 7, device_id: ['a'] }
    await expect(request(world, { token: await world.issuer.token({ claims }) })).rejects.toMatchObject({
      status: 401,
    })
    const [entry] = await recorded(world)
    expect(entry).toMatchObject({ tokenId: '', deviceId: '' })
    expect(entry?.subject).toBe('?'.repeat(100) + 'x'.repeat(412))
    expect(entry?.upn).toBe(`??${'?'.repeat(100)}${'x'.repeat(410)}`)
  })
})

describe('a request leaves no record', () => {
  it.each([
    ['token-malformed', () => 'no token'],
    ['token-malformed', async (world: World) => unsigned(await world.issuer.token())],
    [
      'token-algorithm-refused',
      async (world: World) => confused(await world.issuer.token(), world.issuer.key),
    ],
    ['token-issuer-unknown', tokenWith({ iss: 'https://other.example' })],
    [
      'token-signature-invalid',
      async (world: World) => world.issuer.token({ key: await makeTokenKey('ES256', world.issuer.key.kid) }),
    ],
    [
      'token-key-unknown',
      async (world: World) => world.issuer.token({ key: await makeTokenKey('ES256', 'unknown') }),
    ],
  ] as const)('when nobody vouches for its token: %s', async (code, tokenOf) => {
    await using world = await createWorld()
    await expect(request(world, { token: await tokenOf(world) })).toRefuse(code)
    expect(await recorded(world)).toEqual([])
    expect(world.tables.calls.filter(({ method }) => method === 'insert')).toEqual([])
  })

  it('when there is no such tenant', async () => {
    await using world = await createWorld()
    await expect(request(world, { tenant: uniqueTenantId() })).toRefuse('tenant-unknown')
    expect(world.tables.calls.filter(({ method }) => method === 'insert')).toEqual([])
  })

  it('when it is served', async () => {
    await using world = await createWorld()
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    await request(world, { token, key })
    await request(world, { token, key })
    expect(await recorded(world)).toEqual([])
  })

  it('of what the service could not do: 503, and a defect', async () => {
    await using world = await createWorld()
    world.keys.signInstead = () => Promise.reject(new Error('down'))
    await expect(request(world)).toRefuse('signer-unavailable')
    await expect(request(world)).toRefuse('issuer-unavailable')
    world.tables.fault = ({ table }) => (table.startsWith('ledger') ? new TypeError('a defect') : undefined)
    await expect(request(world, { token: await oldToken(world) })).rejects.toThrow('a defect')
    world.tables.fault = () => undefined
    expect(await recorded(world)).toEqual([])
  })

  it('of a user who is busy: 429', async () => {
    await using world = await createWorld()
    const signers = holdSigners(world.keys)
    const held = [request(world), request(world)]
    await signers.held(2)
    await expect(request(world)).toRefuse('subject-busy')
    signers.letGo()
    await Promise.all(held)
    expect(await recorded(world)).toEqual([])
  })
})

describe('the record of a refusal', () => {
  /** An instance that waits 30 ms for the record of a refusal. */
  const hurried = (world: World, insert: World['tables']['insert']): Services =>
    servicesOf(
      { ...world.tables, insert },
      {
        network: world.network,
        source: world.keys,
        now: () => world.now,
        times: { ...requestTimes(), refusalMilliseconds: 30 },
      },
    )

  it.each([
    ['hang', () => new Promise<never>(() => undefined)],
    ['fail', () => Promise.reject(new Error('down'))],
    ['have the row already', () => Promise.resolve(false)],
  ])('changes no answer when the tables %s', async (_, insert) => {
    await using world = await createWorld()
    const services = hurried(world, insert)
    const token = await world.issuer.token({ claims: { device_compliant: false } })
    await expect(request(world, { token }, { services })).toRefuse('device-not-compliant')
    await expect(request(world, { csr: Buffer.from('x') }, { services })).toRefuse('csr-malformed')
  })

  it('does not make a request last longer than it may', async () => {
    await using world = await createWorld()
    let milliseconds = 0
    const endless = { ...world.services, clock: () => milliseconds }
    const services = { ...endless, refusals: { record: () => new Promise<never>(() => undefined) } }
    const stage: Trace['stage'] = (name, run) => {
      if (name === 'refusal') milliseconds += services.times.requestMilliseconds
      return run()
    }
    const token = await world.issuer.token({ claims: { device_compliant: false } })
    const answered = request(world, { token }, { services, trace: { ...traced(), stage } })
    await expect(answered).toRefuse('device-not-compliant')
  })

  it('does not hold an answer back that has no time left', async () => {
    await using world = await createWorld()
    const tables = { ...world.tables, insert: () => new Promise<never>(() => undefined) }
    let time = 0
    const services = servicesOf(tables, {
      network: world.network,
      source: world.keys,
      now: () => world.now,
      clock: () => time,
      times: { ...requestTimes(), refusalMilliseconds: 3_600_000 },
    })
    const trace: Trace = {
      ...traced(),
      stage(name, run) {
        // The time of the request is over when it is to be recorded.
        if (name === 'refusal') time = 10_000
        return run()
      },
    }
    const csr = Buffer.from('no csr')
    await expect(request(world, { csr }, { services, trace })).toRefuse('csr-malformed')
  })

  it('holds nothing of the token, the CSR or what else the claims say', async () => {
    await using world = await createWorld()
    const canary = `canary${randomUUID()}`
    const claims = { secret: canary, device_compliant: canary, name: canary, email: canary, acrs: [canary] }
    const token = await world.issuer.token({ claims, header: { canary } })
    const key = makeDeviceKey()
    const csr = key.csr()
    await expect(request(world, { token, csr })).toRefuse('device-not-compliant')
    await expect(request(world, { token, csr: csr.subarray(0, -1) })).toRefuse('csr-malformed')
    const bound = await world.issuer.token({ claims: { ...claims, cnf: { jkt: 'y'.repeat(43) } } })
    await expect(request(world, { token: bound, csr })).toRefuse('key-binding-mismatch')
    const kept = JSON.stringify(await recorded(world)).toLowerCase()
    expect(kept.match(/"code"/g)).toHaveLength(3)
    const secrets = [token, bound].flatMap((one) => one.split('.'))
    const octets = [csr, key.spki].map((bytes) => Buffer.from(bytes).subarray(30))
    const texts = [...secrets, ...octets.flatMap((one) => [one.toString('base64'), one.toString('hex')])]
    for (const text of [canary, ...texts]) expect(kept).not.toContain(text.toLowerCase().slice(0, 24))
  })
})
