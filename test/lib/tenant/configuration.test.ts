import { describe, expect, it } from 'vitest'
import { maxDocumentCharacters, parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { standardPurposes } from '../profile/fixtures/standardPurposes.ts'
import { blocksIn, projectFile } from '../../pages.ts'
import {
  attestationTrust,
  entraTrust,
  genericTrust,
  type Members,
  postureTrust,
  tenantDocument,
} from '../../tenants.ts'

const directoryId = 'c2a1b0d9-0000-4000-8000-00000000aa01'
const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const document = (changes: Members = {}) => tenantDocument('contoso', [genericTrust(issuer)], changes)
const generic = (changes: Members) => tenantDocument('contoso', [genericTrust(issuer, changes)])
const entra = (changes: Members) => tenantDocument('contoso', [entraTrust(directoryId, issuer, changes)])
const proof = { by: 'amr', contains: ['mfa'], control: 'mfa' }
const without = (members: Members, name: string): Members =>
  Object.fromEntries(Object.entries(members).filter(([key]) => key !== name))

describe('parseConfiguration() fills in', () => {
  it('the defaults of a tenant', () => {
    expect(parseConfiguration(document())).toMatchObject({
      upn: { suffixes: ['contoso.example'], allowGuests: false },
      certificate: {
        lifetimeSeconds: 3_600,
        backdateSeconds: 300,
        markerOid: '1.3.6.1.4.1.311.87',
        noRevAvail: true,
        includeRfc822Name: false,
        includeDeviceId: false,
        longUpn: 'refuse',
        sid: { mode: 'off' },
      },
      authority: { algorithm: 'ES256' },
    })
    expect(parseConfiguration(document()).certificate.policyOid).toBeUndefined()
  })

  it('the defaults of a generic token issuer', () => {
    const [parsed] = parseConfiguration(document()).tokenIssuers
    expect(parsed).toMatchObject({
      algorithms: ['RS256', 'ES256'],
      tokenType: 'at+jwt',
      clientClaim: 'client_id',
      claims: { upn: 'upn', subject: 'sub', tokenId: 'jti' },
      sidClaim: 'onprem_sid',
      maxTokenAgeSeconds: 900,
      clockToleranceSeconds: 60,
      maxStaleKeysSeconds: 86_400,
    })
  })

  it('the defaults of an Entra token issuer', () => {
    const [parsed] = parseConfiguration(entra({})).tokenIssuers
    expect(parsed).toMatchObject({
      signInOrigin: 'https://login.microsoftonline.com',
      sidClaim: 'onprem_sid',
    })
  })

  it('what docs/configuration.md shows of signals and proofs', () => {
    const [block = ''] = blocksIn('json', projectFile('docs/configuration.md'))
    const shown = JSON.parse(block) as Members
    expect(parseConfiguration(generic(shown)).tokenIssuers).toMatchObject([shown])
  })

  it('what docs/configuration.md shows of evidence', () => {
    const [, block = ''] = blocksIn('json', projectFile('docs/configuration.md'))
    const shown = JSON.parse(block) as Members
    expect(parseConfiguration(document(shown))).toMatchObject(shown)
  })

  it('the defaults of evidence', () => {
    const evidence = { posture: [postureTrust()], attestation: [attestationTrust()] }
    const times = { algorithms: ['RS256', 'ES256'], clockToleranceSeconds: 60, maxAgeSeconds: 3_600 }
    expect(parseConfiguration(document({ evidence })).evidence).toMatchObject({
      anyMachine: false,
      posture: [times],
      attestation: [{ ...times, binding: { path: 'nonce', encoding: 'base64url' } }],
    })
    const directory = { kind: 'entra', directoryId }
    expect(parseConfiguration(document({ evidence: { directory } })).evidence?.directory).toEqual({
      ...directory,
      proves: ['compliantDevice'],
      intune: false,
    })
    expect(Object.keys(parseConfiguration(document()))).not.toContain('evidence')
  })

  it('nothing that parsing again would change', () => {
    const sid = { mode: 'required', domains: ['S-1-5-21-1-2-3'] }
    const rich = tenantDocument(
      'contoso',
      [
        genericTrust(issuer, {
          claims: { upn: { claim: 'login', immutable: true } },
          tenantClaim: { claim: 'org', value: 'red' },
          proofs: [
            proof,
            { control: 'compliantDevice', by: 'anyOf', sources: [{ by: 'acr', values: ['x'] }] },
          ],
          signals: {
            platform: { values: { PC: 'windows', none: null }, claim: 'os' },
            groups: 'groups',
            facts: { osVersion: ['os', 'version'], platform: 'os' },
          },
        }),
        entraTrust(directoryId, issuer),
      ],
      {
        certificate: { sid, policyOid: '2.999.1' },
        lifetimes: { b: 600, a: 300 },
        evidence: { posture: [postureTrust({ upnClaim: ['user', 'upn'] })], anyMachine: true },
      },
    )
    const parsed = parseConfiguration(rich)
    expect(JSON.stringify(parseConfiguration(JSON.parse(JSON.stringify(parsed))))).toBe(
      JSON.stringify(parsed),
    )
  })

  it('members in one order, whatever the order of the document', () => {
    const reversed = Object.fromEntries(Object.entries(document()).toReversed())
    expect(JSON.stringify(parseConfiguration(reversed))).toBe(JSON.stringify(parseConfiguration(document())))
  })
})

describe('parseConfiguration() accepts', () => {
  it.each([
    [
      'loopback over http',
      generic({ issuer: 'http://127.0.0.1:8080/issuer', jwksUri: 'http://localhost/keys' }),
    ],
    ['loopback over IPv6', generic({ issuer: 'http://[::1]:8080' })],
    [
      'a UPN from a claim declared immutable',
      generic({ claims: { upn: { claim: 'login', immutable: true } } }),
    ],
    [
      'several suffixes',
      document({ upn: { suffixes: ['a.example', 'xn--bcher-kva.example', 'b.c.example'] } }),
    ],
    [
      'SIDs with domains',
      document({
        certificate: {
          sid: { mode: 'whenPresent', domains: ['S-1-5-21-1-2-3', 'S-1-5-21-0-10-4294967295'] },
        },
      }),
    ],
    [
      'the least and the most lifetime',
      document({ certificate: { lifetimeSeconds: 300, backdateSeconds: 0 } }),
    ],
    ['the most lifetime', document({ certificate: { lifetimeSeconds: 86_400, backdateSeconds: 3_600 } })],
    ['a marker under 2.25', document({ certificate: { markerOid: '2.25.2147483647.1' } })],
    [
      "a marker of an enterprise beside Microsoft's",
      document({ certificate: { markerOid: '1.3.6.1.4.1.3110.1' } }),
    ],
    ["Entra's marker", document({ certificate: { markerOid: '1.3.6.1.4.1.311.87' } })],
    ['arcs of 31 bits', document({ certificate: { markerOid: '1.3.6.1.4.1.2147483647' } })],
    ['arcs above 39 beneath 2', document({ certificate: { policyOid: '2.999.1' } })],
    [
      'the same issuer for two audiences',
      tenantDocument('contoso', [genericTrust(issuer), genericTrust({ ...issuer, audience: 'other' })]),
    ],
    ['keys that are never used stale', generic({ maxStaleKeysSeconds: 0 })],
    ['keys that are used for a week while their issuer is down', entra({ maxStaleKeysSeconds: 7 * 86_400 })],
    [
      'every signal',
      generic({
        signals: {
          guest: { claim: 'acct', member: 0, type: 'guest_type', homeTenant: 'home' },
          groups: 'groups',
          roles: 'wids',
          country: 'country',
          platform: 'os',
          device: {
            attributes: { trustType: 'trust', extensionAttribute15: 'x15' },
            noRecord: { claim: 'known', equals: false },
          },
          signInRisk: { claim: 'risk', values: { 5: 'high', 0: null } },
          userRisk: 'user_risk',
          insiderRisk: 'insider_risk',
          transferMethod: { claim: 'flow', values: { device: 'deviceCodeFlow', direct: null } },
          authTime: 'auth_time',
        },
      }),
    ],
    ['the country by the address', generic({ signals: { country: { by: 'clientIp' } } })],
    [
      'proofs without complianceProofs',
      generic({ complianceProofs: undefined, proofs: [{ ...proof, control: 'domainJoinedDevice' }] }),
    ],
    [
      'proofs of strengths and combinations',
      generic({
        proofs: [
          { ...proof, control: 'strength 00000000-0000-0000-0000-000000000004' },
          { ...proof, control: 'combination password,microsoftAuthenticatorPush' },
        ],
      }),
    ],
    [
      'what policies need of a tenant',
      document({
        applicationIds: ['c2a1b0d9-0000-4000-8000-00000000aa01'],
        lifetimes: { 'c2a1b0d9-0000-4000-8000-00000000aa02': 1_800 },
        remediationLink: 'https://help.contoso.example/vpn',
      }),
    ],
    ['tokens that prove nothing of the device', generic({ complianceProofs: undefined })],
    ['RS256 and ES384 authorities', document({ authority: { algorithm: 'RS256' } })],
  ])('%s', (_, accepted) => {
    expect(() => parseConfiguration(accepted)).not.toThrow()
  })
})

describe('parseConfiguration() names what is wrong:', () => {
  it.each(['tenant', 'displayName', 'tokenIssuers', 'upn'])('%s is missing', (name) => {
    expect(() => parseConfiguration(without(document(), name))).toRefuse(
      'configuration-invalid',
      new RegExp(`${name}:`),
    )
  })

  it.each(['issuer', 'audience', 'clients'])('%s of a generic issuer is missing', (name) => {
    const wrong = tenantDocument('contoso', [without(genericTrust(issuer), name)])
    expect(() => parseConfiguration(wrong)).toRefuse(
      'configuration-invalid',
      new RegExp(`tokenIssuers\\.0\\.${name}:`),
    )
  })

  it.each(['directoryId', 'audience', 'scope', 'clients'])('%s of an Entra issuer is missing', (name) => {
    const wrong = tenantDocument('contoso', [without(entraTrust(directoryId, issuer), name)])
    expect(() => parseConfiguration(wrong)).toRefuse(
      'configuration-invalid',
      new RegExp(`tokenIssuers\\.0\\.${name}:`),
    )
  })

  const ofGeneric: readonly (readonly [path: string, changes: Members])[] = [
    ['issuer', { issuer: 'issuer.example' }],
    ['issuer', { issuer: 'http://issuer.example' }],
    ['issuer', { issuer: 'http://127.0.0.1.issuer.example' }],
    ['issuer', { issuer: 'ftp://127.0.0.1' }],
    ['issuer', { issuer: 'https://user:secret@issuer.example' }],
    ['issuer', { issuer: 'https://issuer.example/?tenant=1' }],
    ['issuer', { issuer: 'https://issuer.example/#keys' }],
    ['issuer', { issuer: 'https://issuer.example\n' }],
    ['issuer', { issuer: 'https:///issuer.example' }],
    ['issuer', { issuer: 'https://ISSUER.example' }],
    ['issuer', { issuer: `https://issuer.example/${'x'.repeat(512)}` }],
    ['jwksUri', { jwksUri: 'http://issuer.example/keys' }],
    ['audience', { audience: '' }],
    ['audience', { audience: ['a', 'b'] }],
    ['clients', { clients: [] }],
    ['clients\\.0', { clients: [''] }],
    ['algorithms', { algorithms: [] }],
    ['algorithms\\.0', { algorithms: ['none'] }],
    ['algorithms\\.0', { algorithms: ['HS256'] }],
    ['tokenType', { tokenType: 'JWT' }],
    ['tokenType', { tokenType: 'jwt' }],
    ['tokenType', { tokenType: '' }],
    ['tokenType', { tokenType: 'application/at+jwt' }],
    ['complianceProofs', { complianceProofs: [] }],
    ['complianceProofs\\.0\\.kind', { complianceProofs: [{ kind: 'trustMe' }] }],
    ['complianceProofs\\.0\\.equals', { complianceProofs: [{ kind: 'claim', claim: 'x' }] }],
    ['complianceProofs\\.0\\.equals', { complianceProofs: [{ kind: 'claim', claim: 'x', equals: null }] }],
    [
      'complianceProofs\\.0\\.context',
      { complianceProofs: [{ kind: 'authenticationContext', context: 'c0', entraPolicy: 'x' }] },
    ],
    [
      'complianceProofs\\.0\\.context',
      { complianceProofs: [{ kind: 'authenticationContext', context: 'c100', entraPolicy: 'x' }] },
    ],
    [
      'complianceProofs\\.0\\.entraPolicy',
      { complianceProofs: [{ kind: 'authenticationContext', context: 'c1' }] },
    ],
    ['proofs\\.0\\.control: compliantDevice, ', { proofs: [{ ...proof, control: 'compliantApplication' }] }],
    ['proofs\\.0\\.control', { proofs: [{ ...proof, control: 'strength ' }] }],
    ['proofs\\.0\\.control', { proofs: [{ ...proof, control: 'combination fido2, sms' }] }],
    ['proofs\\.0\\.by', { proofs: [{ ...proof, by: 'trust' }] }],
    ['proofs\\.0\\.contains', { proofs: [{ ...proof, contains: [] }] }],
    ...['two words', 'a"b', 'straße'].map(
      (value) =>
        ['proofs\\.0\\.values\\.0', { proofs: [{ control: 'mfa', by: 'acr', values: [value] }] }] as const,
    ),
    [
      'proofs\\.0\\.sources\\.0\\.by',
      { proofs: [{ control: 'mfa', by: 'anyOf', sources: [{ by: 'anyOf' }] }] },
    ],
    ['signals: .*"risk"', { signals: { risk: 'risk' } }],
    ['signals\\.platform', { signals: { platform: { claim: 'os', values: { PC: 'dos' } } } }],
    ['signals\\.country', { signals: { country: 'ctry' } }],
    ['signals\\.country', { signals: { country: 'tenant_ctry' } }],
    ['signals\\.country', { signals: { country: { by: 'language' } } }],
    ['signals\\.device\\.attributes', { signals: { device: { attributes: { 'a.b': 'x' } } } }],
    ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 29 }],
    ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 86_401 }],
    ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 60.5 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: 301 }],
    ['clockToleranceSeconds', { clockToleranceSeconds: -1 }],
    ['maxStaleKeysSeconds', { maxStaleKeysSeconds: -1 }],
    ['maxStaleKeysSeconds', { maxStaleKeysSeconds: 7 * 86_400 + 1 }],
    ['tenantClaim\\.value', { tenantClaim: { claim: 'org', value: '' } }],
    ['tenantClaim\\.value', { tenantClaim: { claim: 'org', value: 5 } }],
    ['claims\\.upn', { claims: { upn: 'login' } }],
    ['claims\\.upn', { claims: { upn: { claim: 'login' } } }],
    ['claims\\.upn', { claims: { upn: { claim: 'login', immutable: false } } }],
    ['claims\\.subject', { claims: { subject: '' } }],
    ['tokenIssuers\\.0: .*"password"', { password: 'x' }],
    ['tokenIssuers\\.0\\.claims: .*"uid"', { claims: { uid: 'x' } }],
  ]
  it.each(ofGeneric)('%s of a generic issuer, in %j', (path, changes) => {
    expect(() => parseConfiguration(generic(changes))).toRefuse('configuration-invalid', new RegExp(path))
  })

  it.each(['preferred_username', 'email', 'name', 'nickname'])(
    'a UPN from %s, which users choose themselves',
    (claim) => {
      const chosen = generic({ claims: { upn: { claim, immutable: true } } })
      expect(() => parseConfiguration(chosen)).toRefuse('configuration-invalid', /claims\.upn/)
    },
  )

  const ofEntra: readonly (readonly [path: string, changes: Members])[] = [
    ['directoryId', { directoryId: 'contoso.onmicrosoft.com' }],
    ['directoryId', { directoryId: directoryId.toUpperCase() }],
    ['signInOrigin', { signInOrigin: 'http://login.microsoftonline.com' }],
    ['scope', { scope: 'two scopes' }],
    ['scope', { scope: '' }],
    ['tokenIssuers\\.0: .*"tenantClaim"', { tenantClaim: { claim: 'tid', value: 'x' } }],
    ['tokenIssuers\\.0: .*"algorithms"', { algorithms: ['ES256'] }],
  ]
  it.each(ofEntra)('%s of an Entra issuer, in %j', (path, changes) => {
    expect(() => parseConfiguration(entra(changes))).toRefuse('configuration-invalid', new RegExp(path))
  })

  const ofTenant: readonly (readonly [path: string, changes: Members])[] = [
    ['the document: .*"policys"', { policys: [] }],
    ['displayName', { displayName: '' }],
    ['displayName', { displayName: 'Con\u001b[31mtoso' }],
    ['displayName', { displayName: 'Contoso\n' }],
    ['displayName', { displayName: 'x'.repeat(65) }],
    ['tokenIssuers', { tokenIssuers: [] }],
    ['tokenIssuers\\.0\\.kind', { tokenIssuers: [{ kind: 'saml' }] }],
    ['tokenIssuers\\.0', { tokenIssuers: [null] }],
    ['upn\\.suffixes', { upn: { suffixes: [] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['Contoso.example'] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['*.example'] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['@contoso.example'] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['example'] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['b\u00fccher.example'] } }],
    ['upn\\.suffixes\\.0', { upn: { suffixes: ['contoso.example\n'] } }],
    ['upn: .*"guests"', { upn: { suffixes: ['a.example'], guests: true } }],
    ['certificate\\.lifetimeSeconds', { certificate: { lifetimeSeconds: 299 } }],
    ['certificate\\.lifetimeSeconds', { certificate: { lifetimeSeconds: 86_401 } }],
    ['certificate\\.backdateSeconds', { certificate: { backdateSeconds: 3_601 } }],
    ['certificate\\.markerOid', { certificate: { markerOid: '1' } }],
    ...standardPurposes.map((markerOid): readonly [string, Members] => [
      'certificate\\.markerOid: a key purpose of its own',
      { certificate: { markerOid } },
    ]),
    ...['2.5.29.32.0', '1.3.6.1.4.1.311.21.8.1.400', '2.23.140.1.2.1', '1.3.6.1.5.5.7.13.1'].map(
      (policyOid): readonly [string, Members] => [
        'certificate\\.policyOid: a policy of its own',
        { certificate: { policyOid } },
      ],
    ),
    ['certificate\\.markerOid', { certificate: { markerOid: '3.1.1' } }],
    ['certificate\\.markerOid', { certificate: { markerOid: '1.40.1' } }],
    ['certificate\\.markerOid', { certificate: { markerOid: '1.3.06' } }],
    ['certificate\\.markerOid', { certificate: { markerOid: '2.25.4294967296' } }],
    ['certificate\\.policyOid', { certificate: { policyOid: 'policy' } }],
    ['certificate\\.noRevAvail', { certificate: { noRevAvail: 'yes' } }],
    ['certificate\\.longUpn', { certificate: { longUpn: 'cut' } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required' } } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required', domains: [] } } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'off', domains: ['S-1-5-21-1-2-3'] } } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required', domains: ['S-1-5-32-544'] } } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-01-2-3'] } } }],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1-2-00'] } } }],
    [
      'certificate\\.sid',
      { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1-2-4294967296'] } } },
    ],
    ['certificate\\.sid', { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1-2-3-1000'] } } }],
    ['applicationIds\\.0', { applicationIds: [''] }],
    ['lifetimes\\.x', { lifetimes: { x: 299 } }],
    ['remediationLink', { remediationLink: 'http://help.contoso.example' }],
    ['authority\\.algorithm', { authority: { algorithm: 'EdDSA' } }],
  ]
  it.each(ofTenant)('%s, in %j', (path, changes) => {
    expect(() => parseConfiguration(document(changes))).toRefuse('configuration-invalid', new RegExp(path))
  })

  it.each([null, undefined, 'contoso', 5, []])('a document that is %j', (wrong) => {
    expect(() => parseConfiguration(wrong)).toRefuse('configuration-invalid', /the document/)
  })

  it('every wrong member at once', () => {
    const wrong = document({ displayName: 5, upn: { suffixes: ['X'] } })
    expect(() => parseConfiguration(wrong)).toRefuse(
      'configuration-invalid',
      /displayName: .*; upn\.suffixes\.0: /,
    )
  })

  it('a tenant id that is none', () => {
    expect(() => parseConfiguration(document({ tenant: 'Contoso' }))).toRefuse(
      'configuration-invalid',
      /tenant: /,
    )
  })

  it('a document too large for a table property', () => {
    const clients = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(500, 'x'))
    expect(() => parseConfiguration(generic({ clients }))).toRefuse(
      'configuration-invalid',
      new RegExp(String(maxDocumentCharacters)),
    )
  })
})

describe('parseConfiguration() refuses token issuers of one iss and aud', () => {
  const of = (tenantClaim?: Members) => genericTrust(issuer, tenantClaim ? { tenantClaim } : {})
  const parse =
    (...tokenIssuers: readonly Members[]) =>
    () =>
      parseConfiguration(tenantDocument('contoso', tokenIssuers))
  const red = { claim: 'org', value: 'red' }

  it('that are the same', () => {
    expect(parse(of(), of())).toRefuse('configuration-invalid', /tokenIssuers/)
    expect(parse(of(red), of(red))).toRefuse('configuration-invalid')
  })

  it('of which one takes every token', () => {
    expect(parse(of(), of(red))).toRefuse('configuration-invalid')
    expect(parse(of(red), of())).toRefuse('configuration-invalid')
  })

  it('that look at different claims, so that one token fits both', () => {
    expect(parse(of(red), of({ claim: 'group', value: 'blue' }))).toRefuse('configuration-invalid')
  })

  it('also when one of them is written as an Entra directory', () => {
    const url = `https://login.microsoftonline.com/${directoryId}/v2.0`
    const disguised = genericTrust({ ...issuer, url })
    expect(parse(entraTrust(directoryId, issuer), disguised)).toRefuse('configuration-invalid')
  })

  it('but not those with different values of one claim', () => {
    expect(parse(of(red), of({ claim: 'org', value: 'blue' }))).not.toThrow()
  })
})
