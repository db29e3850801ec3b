import * as fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import { createPublicKey } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken, checkKeyBinding } from '../../../lib/token/verifyToken.ts'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { entraTrust, genericTrust, tenantDocument, tenantOf } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, testNetwork, testUser } from '../../tokens.ts'
import { makeDeviceKey } from '../../world.ts'
import {
  authenticate,
  directoryId,
  entraTenant,
  entra,
  generic,
  genericTenant,
  now,
  usesSid,
  verify,
  verifyEntra,
  verifyGeneric,
} from './verifying.ts'

const nowSeconds = now.getTime() / 1000

describe('verifyToken() accepts', () => {
  it('a good generic token and tells what it says', async () => {
    const { facts } = await verifyGeneric({ claims: { jti: 'token-1' } })
    expect(facts).toMatchObject({
      tenant: 'contoso',
      issuer: generic.url,
      subject: 'alice',
      tokenId: 'token-1',
      upn: 'alice@contoso.example',
      sid: undefined,
      deviceId: testUser.deviceId,
      keyThumbprint: undefined,
      issuedAt: nowSeconds,
      expiresAt: nowSeconds + 3600,
    })
    expect(facts.claims['device_compliant']).toBe(true)
  })

  it('a good Entra token and takes its subject from oid and its token id from uti', async () => {
    const { facts } = await verifyEntra({ claims: { uti: 'uti-1', jti: 'not this', sub: 'nor this' } })
    expect(facts).toMatchObject({
      issuer: `https://login.microsoftonline.com/${directoryId}/v2.0`,
      subject: 'd9b2f6c0-1f43-4f5a-9c80-6d1f5b1a2e44',
      tokenId: 'uti-1',
      upn: 'alice@contoso.example',
    })
  })

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'])(
    'a token signed with %s where the tenant lists it',
    async (alg) => {
      const issuer = await genericTestIssuer(`https://${alg.toLowerCase()}.example`, {
        now: () => now,
        key: await makeTokenKey(alg),
      })
      const tenant = tenantOf(tenantDocument('contoso', [genericTrust(issuer, { algorithms: [alg] })]))
      const keysOfIssuer = keySets({ fetchJson: testNetwork([issuer]).fetchJson, now: () => now })
      const verified = await verifyToken(await issuer.token(), tenant, { keys: keysOfIssuer, now })
      expect(verified.facts.upn).toBe('alice@contoso.example')
    },
  )

  it('an audience array of a single member', async () => {
    await expect(verifyGeneric({ claims: { aud: [generic.audience] } })).resolves.toBeDefined()
  })

  it('tokens of each of several issuers of a tenant, each by its own rules', async () => {
    const both = [genericTrust(generic), entraTrust(directoryId, entra)]
    const tenant = tenantOf(tenantDocument('contoso', both))
    expect((await verifyGeneric({}, tenant)).facts.tokenIssuer.kind).toBe('generic')
    expect((await verifyEntra({}, tenant)).facts.tokenIssuer.kind).toBe('entra')
    // The generic issuer cannot write tokens that pass as Entra's.
    const claimsOfEntra = { iss: entra.url, aud: entra.audience, tid: directoryId }
    await expect(verifyGeneric({ claims: claimsOfEntra }, tenant)).toRefuse('token-algorithm-refused')
  })

  it('two issuers that share iss and aud, told apart by a tenant claim', async () => {
    const trusts = ['red', 'blue'].map((value) =>
      genericTrust(generic, { tenantClaim: { claim: 'org', value }, clients: [`${value}-client`] }),
    )
    const tenant = tenantOf(tenantDocument('contoso', trusts))
    const blue = await verifyGeneric({ claims: { org: 'blue', client_id: 'blue-client' } }, tenant)
    expect(blue.facts.tokenIssuer.clients).toEqual(['blue-client'])
    const mixed = { org: 'blue', client_id: 'red-client' }
    await expect(verifyGeneric({ claims: mixed }, tenant)).toRefuse('token-client-refused')
    await expect(verifyGeneric({ claims: { org: 'green' } }, tenant)).toRefuse('token-tenant-mismatch')
  })

  it('claims of other names where the tenant configures them', async () => {
    const claims = { subject: 'uid', tokenId: 'tid2', upn: { claim: 'login', immutable: true } }
    const names = { claims, clientClaim: 'azp', sidClaim: 'sid', deviceIdClaim: 'dev' }
    const tenant = genericTenant(names, usesSid)
    const changed = {
      uid: 'u-1',
      tid2: 't-1',
      login: 'BOB@contoso.example',
      azp: 'vpn-client',
      client_id: 'ignored',
      sid: 'S-1-5-21-1-2-3-1001',
      dev: testUser.deviceId.toUpperCase(),
    }
    const { facts } = await verifyGeneric({ claims: changed }, tenant)
    expect(facts).toMatchObject({
      subject: 'u-1',
      tokenId: 't-1',
      upn: 'bob@contoso.example',
      sid: 'S-1-5-21-1-2-3-1001',
      deviceId: testUser.deviceId,
    })
  })

  it('a token whose SID is of no use to the tenant, whatever it is', async () => {
    const { facts } = await verifyGeneric({ claims: { onprem_sid: ['S-1'] } })
    expect(facts.sid).toBeUndefined()
  })

  it.each([
    '{0B5F7C86-9E5E-4C44-8A3F-3D2B9B0C7F11}',
    '0B5F7C869E5E4C448A3F3D2B9B0C7F11',
    'urn:uuid:0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
  ])('the device %s, which has one id', async (device_id) => {
    expect((await verifyGeneric({ claims: { device_id } })).facts.deviceId).toBe(testUser.deviceId)
    const { identity } = await authenticate(await generic.token({ claims: { device_id } }), genericTenant())
    expect(identity.deviceId).toBe(testUser.deviceId)
  })

  it('a token without SID and device', async () => {
    const { facts } = await verifyGeneric({ claims: { onprem_sid: undefined, device_id: undefined } })
    expect([facts.sid, facts.deviceId]).toEqual([undefined, undefined])
  })

  it('a token bound to a key, and tells the thumbprint', async () => {
    const jkt = 'A'.repeat(43)
    expect((await verifyGeneric({ claims: { cnf: { jkt } } })).facts.keyThumbprint).toBe(jkt)
  })
})

/** What a tenant configures, and what a refusal says: the corpus (test/vectors/token) has the tokens that no tenant takes. */
describe('verifyToken() refuses', () => {
  it.each([
    ['e30.AAAA.AAAA.AAAA.AAAA', /but encrypted \(JWE\)/],
    ['e30..AAAA.AAAA.AAAA', /but encrypted \(JWE\)/],
    ['0a1b2c3d', /and no JWT: some issuers give out references/],
    ['e30.AAAA', /serialization\.$/],
  ])('%s, and says what it is', (text, what) =>
    expect(verify(text, genericTenant())).toRefuse('token-malformed', what),
  )

  it.each(['mayfly', 'api://Mayfly', 'api://mayfly/'])('the audience %s, which differs little', (aud) =>
    expect(verifyGeneric({ claims: { aud } })).toRefuse('token-audience-wrong', /compared exactly/),
  )

  it('an issuer that differs by a slash', () =>
    expect(verifyGeneric({ claims: { iss: `${generic.url}/` } })).toRefuse(
      'token-issuer-unknown',
      /compared exactly/,
    ))

  it('a token of another kind of issuer', () =>
    expect(verifyEntra({}, genericTenant())).toRefuse('token-issuer-unknown'))

  it('a v2 token of Entra where an api:// audience is configured', () =>
    expect(verifyEntra({}, entraTenant({ audience: 'api://mayfly' }))).toRefuse(
      'token-audience-wrong',
      /The configured audience is none that v2 tokens of Entra have: set it to the application/,
    ))

  it('a scope of Entra that is missing, and tells which', () =>
    expect(verifyEntra({ claims: { scp: 'User.Read' } })).rejects.toMatchObject({
      code: 'token-scope-missing',
      options: { scope: 'Certificates.Enroll' },
      status: 403,
    }))

  it.each(['jwt', 'application/jwt', 'at+jwt+x', '', 5, null])('typ %j', (typ) =>
    expect(verifyGeneric({ header: { typ } })).toRefuse('token-type-refused'),
  )

  it('at+jwt where an issuer writes a type of its own', async () => {
    const tenant = genericTenant({ tokenType: 'posture+jwt' })
    await expect(verifyGeneric({ header: { typ: 'posture+jwt' } }, tenant)).resolves.toBeDefined()
    await expect(verifyGeneric({}, tenant)).toRefuse('token-type-refused')
  })

  it.each([
    [{ clockToleranceSeconds: 0 }, { iat: 0 }, { iat: 1 }, 'token-not-yet-valid', /valid in 1 s/],
    [{ maxTokenAgeSeconds: 30 }, { iat: -30 }, { iat: -31 }, 'token-too-old', /issued 31 s ago, .* is 30 s/],
    [{}, { exp: 1 }, { exp: -1 }, 'token-expired', /expired 1 s ago/],
  ] as const)('beyond %j, and tells by how many seconds', async (trust, good, bad, code, detail) => {
    const claims = (offsets: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, nowSeconds + offset]))
    const tenant = genericTenant(trust)
    await expect(verifyGeneric({ claims: claims(good) }, tenant)).resolves.toBeDefined()
    await expect(verifyGeneric({ claims: claims(bad) }, tenant)).toRefuse(code, detail)
  })

  it('a token at the millisecond at which it expires', async () => {
    const token = await generic.token({ claims: { exp: nowSeconds + 1 } })
    await expect(verify(token, genericTenant(), new Date(now.getTime() + 999))).resolves.toBeDefined()
    await expect(verify(token, genericTenant(), new Date(now.getTime() + 1000))).toRefuse('token-expired')
  })

  it.each([
    [{ exp: '1772449200' }, /is a string, a number of seconds wanted/],
    [{ exp: 1_772_449_200_000 }, /which counts seconds/],
    [{ jti: null }, /Have the issuer write it/],
    [{ device_id: 'laptop-17' }, /not a UUID/],
  ])('%j, and says what it should be', (claims, what) =>
    expect(verifyGeneric({ claims })).toRefuse('token-claim-invalid', what),
  )

  it('a upn that Entra leaves out, with what to do about it', () =>
    expect(verifyEntra({ claims: { upn: null } })).toRefuse(
      'token-claim-invalid',
      /Add the optional claim upn/,
    ))

  it('a claim that is inherited and not written', () =>
    expect(verifyGeneric({}, genericTenant({ claims: { subject: 'constructor' } }))).toRefuse(
      'token-claim-invalid',
      /is missing/,
    ))

  it.each([1, true, { x: 1 }, 'x'.repeat(513), 'a\nb', 'a\u0000b', 'ä'])(
    'an onprem_sid of %j, where the tenant has a use for it',
    (onprem_sid) =>
      expect(verifyGeneric({ claims: { onprem_sid } }, genericTenant({}, usesSid))).toRefuse(
        'token-claim-invalid',
      ),
  )

  it.each([null, ''])('no optional claim of %j', async (value) => {
    const claims = { onprem_sid: value, device_id: value }
    const { facts } = await verifyGeneric({ claims }, genericTenant({}, usesSid))
    expect([facts.sid, facts.deviceId]).toEqual([undefined, undefined])
  })

  it.each([
    'x',
    [],
    { jkt: 5 },
    { jkt: 'short' },
    { jkt: `${'A'.repeat(42)}=` },
    { jwk: {} },
    { kid: 'key', jkt: 'A'.repeat(43) },
    { jkt: 'A'.repeat(43), jwk: null },
    [['jkt', 'A'.repeat(43)]],
  ])('cnf of %j: bound to a key in a way Mayfly cannot check', (cnf) =>
    expect(verifyGeneric({ claims: { cnf } })).toRefuse('token-claim-invalid', /"cnf"/),
  )
})

describe('verifyToken() tells nothing of a token it refuses', () => {
  const canary = 'Canary7391'
  const names = [
    'iss',
    'aud',
    'sub',
    'jti',
    'client_id',
    'upn',
    'onprem_sid',
    'device_id',
    'cnf',
    'exp',
    'iat',
    'nbf',
    'org',
  ]
  const value = fc.oneof(
    fc.constantFrom(`${canary}@contoso.example`, `${canary}@${canary}.example`, canary, `${canary}\n`, {
      [canary]: canary,
    }),
    fc.constantFrom([canary], [canary, canary], undefined, null, 5, true),
  )
  const changes = fc.record({
    claims: fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 3 }),
    header: fc.oneof(
      fc.constant({}),
      fc.constantFrom({ kid: canary }, { typ: canary }, { cty: canary, crit: [canary], [canary]: 1 }),
    ),
  })

  it('by its claims or header', async () => {
    let refusals = 0
    const tenant = genericTenant({ tenantClaim: { claim: 'org', value: 'red' } })
    const property = fc.asyncProperty(changes, async (change) => {
      const token = await generic.token({ ...change, claims: { org: 'red', ...change.claims } })
      const outcome = await verify(token, tenant).catch((error: unknown) => error)
      if (!(outcome instanceof Error)) return
      expect(outcome).toBeInstanceOf(Refusal)
      refusals += 1
      const told = `${outcome.message} ${JSON.stringify(outcome)}`
      expect(told).not.toContain(canary)
      expect(told.toLowerCase()).not.toContain('alice')
      for (const segment of token.split('.')) expect(told).not.toContain(segment)
    })
    await fc.assert(property, { numRuns: 200 })
    expect(refusals).toBeGreaterThan(100)
  })
})

const bound = (jkt: string) => verifyGeneric({ claims: { cnf: { jkt } } })

describe('checkKeyBinding()', () => {
  it('lets a token without cnf be used with any key, and does not ask for its thumbprint', async () => {
    const token = await verifyGeneric()
    const thumbprint = vi.fn<() => string>()
    expect(() => checkKeyBinding(token, thumbprint)).not.toThrow()
    expect(thumbprint).not.toHaveBeenCalled()
  })

  it('lets a token be used with the key whose JWK thumbprint it carries, as jose computes it', async () => {
    const device = makeDeviceKey()
    const key = createPublicKey({ key: Buffer.from(device.spki), format: 'der', type: 'spki' })
    const token = await bound(await calculateJwkThumbprint(key))
    const { publicKey } = verifyCsr(device.csr())
    expect(() => checkKeyBinding(token, () => jwkThumbprint(publicKey))).not.toThrow()
  })

  it('refuses a token that is bound to another key', async () => {
    const { publicKey } = verifyCsr(makeDeviceKey().csr())
    const token = await bound('A'.repeat(43))
    expect(() => checkKeyBinding(token, () => jwkThumbprint(publicKey))).toRefuse('key-binding-mismatch')
  })
})
