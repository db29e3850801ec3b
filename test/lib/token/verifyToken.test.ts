import * as fc from 'fast-check'
import { FlattenedSign, calculateJwkThumbprint } from 'jose'
import { createPublicKey } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyToken, checkKeyBinding } from '../../../lib/token/verifyToken.ts'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { entraTrust, genericTrust, tenantDocument, tenantOf } from '../../tenants.ts'
import { confused, genericTestIssuer, makeTokenKey, testNetwork, testUser, unsigned } from '../../tokens.ts'
import { makeDeviceKey } from '../../world.ts'
import {
  authenticate,
  directoryId,
  entraTenant,
  entra,
  generic,
  genericTenant,
  network,
  now,
  otherKey,
  usesSid,
  verify,
  verifyEntra,
  verifyGeneric,
} from './verifying.ts'

const nowSeconds = now.getTime() / 1000
const otherDirectoryId = 'c2a1b0d9-0000-4000-8000-00000000aa02'

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

describe('verifyToken() refuses a token that is not a JWT:', () => {
  const texts = ['', '.', '..', 'a.b', 'a.b.c.d', 'a b.c.d', 'a.b.', '.b.c', 'e30=.e30.AA', 'e30.e30.AA\n']
  it.each(texts)('%j', (text) => expect(verify(text, genericTenant())).toRefuse('token-malformed'))

  it.each([
    ['e30.AAAA.AAAA.AAAA.AAAA', /but encrypted \(JWE\)/],
    ['e30..AAAA.AAAA.AAAA', /but encrypted \(JWE\)/],
    ['0a1b2c3d', /and no JWT: some issuers give out references/],
    ['e30.AAAA', /serialization\.$/],
  ])('%s, and says what it is', (text, what) =>
    expect(verify(text, genericTenant())).toRefuse('token-malformed', what),
  )

  it.each([
    ['a Claims Set that is an array', '[]'],
    ['a Claims Set that is null', 'null'],
    ['a Claims Set that is text', '"x"'],
    ['a Claims Set that is not JSON', '{'],
    ['an empty Claims Set', ''],
  ])('%s', async (_, payload) => {
    const token = (await generic.token({ payload })).replace('..', '.AA.')
    await expect(verify(token, genericTenant())).toRefuse('token-malformed')
  })

  it('a Claims Set that is not UTF-8', async () => {
    const [header = '', , signature = ''] = (await generic.token()).split('.')
    const octets = Buffer.concat([Buffer.from('{"iss":"'), Buffer.of(0xff), Buffer.from('"}')])
    await expect(
      verify([header, octets.toString('base64url'), signature].join('.'), genericTenant()),
    ).toRefuse('token-malformed')
  })

  it('a header that is not JSON', async () => {
    const [, payload = '', signature = ''] = (await generic.token()).split('.')
    await expect(verify(`AAAA.${payload}.${signature}`, genericTenant())).toRefuse('token-malformed')
  })

  it('whatever it is, with a refusal and no fault', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map((parts) => parts.join('.')),
        ),
        async (text) => {
          const error = await verify(text, genericTenant()).catch((thrown: unknown) => thrown)
          expect(error).toBeInstanceOf(Refusal)
        },
      ),
      { numRuns: 200 },
    ))
})

describe('verifyToken() refuses a signature', () => {
  it('of nobody (alg none)', async () => {
    const token = unsigned(await generic.token())
    await expect(verify(token, genericTenant())).toRefuse('token-malformed')
    await expect(verify(`${token}AA`, genericTenant())).toRefuse('token-algorithm-refused')
  })

  it('by HMAC with the public key as its secret', async () => {
    await expect(verify(await confused(await generic.token(), generic.key), genericTenant())).toRefuse(
      'token-algorithm-refused',
    )
  })

  it('of an algorithm the tenant does not list, even by the right key', async () => {
    const tenant = genericTenant({ algorithms: ['RS256'] })
    await expect(verifyGeneric({}, tenant)).toRefuse('token-algorithm-refused', /RS256/)
  })

  it('of another algorithm than RS256 for Entra', async () => {
    await expect(verifyEntra({ key: otherKey })).toRefuse('token-algorithm-refused')
  })

  it('by a key the issuer does not publish', () =>
    expect(verifyGeneric({ key: otherKey })).toRefuse('token-key-unknown'))

  it('by another key under the kid of a published one', () =>
    expect(verifyGeneric({ key: otherKey, header: { kid: generic.key.kid } })).toRefuse(
      'token-signature-invalid',
    ))

  it('by a key that the token itself embeds', async () => {
    const header = { jwk: otherKey.jwk, kid: generic.key.kid, jku: 'https://attacker.example/keys' }
    await expect(verifyGeneric({ key: otherKey, header })).toRefuse('token-signature-invalid')
    await expect(verifyGeneric({ key: otherKey, header: { ...header, kid: otherKey.kid } })).toRefuse(
      'token-key-unknown',
    )
    expect(network.fetched.filter((url) => url.includes('attacker'))).toEqual([])
  })

  it('over a Claims Set that was changed afterwards', async () => {
    const [header = '', payload = '', signature = ''] = (await generic.token()).split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = Buffer.from(JSON.stringify(Object.assign({}, claims, { upn: 'root@contoso.example' })))
    const token = [header, changed.toString('base64url'), signature].join('.')
    await expect(verify(token, genericTenant())).toRefuse('token-signature-invalid')
  })

  it('with a critical header parameter that Mayfly does not know (RFC 7515 section 4.1.11)', () =>
    expect(verifyGeneric({ header: { crit: ['exp2'], exp2: 1 } })).toRefuse('token-malformed'))

  it('over a payload that is not base64url (RFC 7797)', async () => {
    const [, payload = ''] = (await generic.token()).split('.')
    const header = { alg: 'ES256', typ: 'at+jwt', kid: generic.key.kid, b64: false, crit: ['b64'] }
    const jws = await new FlattenedSign(Buffer.from(payload))
      .setProtectedHeader(header)
      .sign(generic.key.privateKey)
    const token = [jws.protected, payload, jws.signature].join('.')
    await expect(verify(token, genericTenant())).toRefuse('token-malformed')
  })
})

describe('verifyToken() refuses a token meant for others:', () => {
  it('an issuer the tenant does not trust', async () => {
    const code = 'token-issuer-unknown'
    await expect(verifyGeneric({ claims: { iss: 'https://other.example' } })).toRefuse(code)
    await expect(verifyGeneric({ claims: { iss: `${generic.url}/` } })).toRefuse(code, /compared exactly/)
    await expect(verifyGeneric({ claims: { iss: generic.url.toUpperCase() } })).toRefuse(code)
    await expect(verifyGeneric({ claims: { iss: [generic.url] } })).toRefuse(code)
    await expect(verifyGeneric({ claims: { iss: undefined } })).toRefuse(code)
    await expect(verifyEntra({}, genericTenant())).toRefuse(code)
  })

  it.each([
    ['another audience', 'api://other'],
    ['no audience', undefined],
    ['two audiences, ours among them', ['api://mayfly', 'api://other']],
    ['our audience twice', ['api://mayfly', 'api://mayfly']],
    ['an empty list of audiences', []],
    ['a nested list', [['api://mayfly']]],
    ['an audience of another case', 'API://mayfly'],
    ['an audience that only starts like ours', 'api://mayfly/x'],
  ])('%s', (_, aud) => expect(verifyGeneric({ claims: { aud } })).toRefuse('token-audience-wrong'))

  it.each(['mayfly', 'api://Mayfly', 'api://mayfly/'])('the audience %s, which differs little', (aud) =>
    expect(verifyGeneric({ claims: { aud } })).toRefuse(
      'token-audience-wrong',
      /an audience is compared exactly/,
    ),
  )

  it('a v2 token of Entra where an api:// audience is configured', () =>
    expect(verifyEntra({}, entraTenant({ audience: 'api://mayfly' }))).toRefuse(
      'token-audience-wrong',
      /The configured audience is none that v2 tokens of Entra have: set it to the application/,
    ))

  it('the tenant claim of another tenant, or none', async () => {
    const tenant = genericTenant({ tenantClaim: { claim: 'org', value: 'red' } })
    await expect(verifyGeneric({ claims: { org: 'red' } }, tenant)).resolves.toBeDefined()
    await expect(verifyGeneric({ claims: { org: 'blue' } }, tenant)).toRefuse('token-tenant-mismatch')
    await expect(verifyGeneric({ claims: { org: ['red'] } }, tenant)).toRefuse('token-tenant-mismatch')
    await expect(verifyGeneric({}, tenant)).toRefuse('token-tenant-mismatch')
  })

  it('the tid of another directory under the issuer of ours', async () => {
    await expect(verifyEntra({ claims: { tid: otherDirectoryId } })).toRefuse('token-tenant-mismatch')
    await expect(verifyEntra({ claims: { tid: undefined } })).toRefuse('token-tenant-mismatch')
  })

  it('another directory, whose issuer URL is another one', () =>
    expect(
      verifyEntra({
        claims: { iss: entra.url.replace(directoryId, otherDirectoryId), tid: otherDirectoryId },
      }),
    ).toRefuse('token-issuer-unknown'))

  it('another directory of the shared issuer URL that some clouds have', async () => {
    const tenant = genericTenant({ tenantClaim: { claim: 'tid', value: directoryId } })
    await expect(verifyGeneric({ claims: { tid: directoryId } }, tenant)).resolves.toBeDefined()
    await expect(verifyGeneric({ claims: { tid: otherDirectoryId } }, tenant)).toRefuse(
      'token-tenant-mismatch',
    )
  })
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
