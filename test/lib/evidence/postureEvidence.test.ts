import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { postureEvidence } from '../../../lib/evidence/postureEvidence.ts'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import type { Members } from '../../tenants.ts'
import { confused, testUser, type TokenChanges, unsigned } from '../../tokens.ts'
import { generic, now, otherKey } from '../token/verifying.ts'
import { csr, evidenceOf, freshKeys, healthy, mdm, mdmTrust, orderOf, posture, told } from './orders.ts'

const at = now.getTime() / 1000
const otherDevice = '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f12'
const jkt = jwkThumbprint(csr.publicKey)
const otherKeyHash = createHash('sha256').update('another').digest('base64url')

/** What a case changes of a posture token that counts. */
interface Case {
  readonly posture?: TokenChanges
  /** The whole token, instead. */
  readonly compact?: () => string | Promise<string>
  readonly compliance?: Members
  readonly trust?: Members
  readonly anyMachine?: boolean
}

const read = async ({ posture: changes, compact, compliance = {}, trust, anyMachine = false }: Case) => {
  const configured = evidenceOf({ anyMachine, posture: [mdmTrust(trust)] })
  const order = await orderOf({ configured }, { claims: compliance })
  return postureEvidence(compact ? await compact() : await posture(changes), order, {
    keys: freshKeys().keys,
  })
}

const claims = (changes: Members): Case => ({ posture: { claims: changes } })
const header = (changes: Members): Case => ({ posture: { header: changes } })
/** A tenant for which any machine will do, and tokens that name none. */
const nameless = (changes: Members = {}, more: Case = {}): Case => ({
  compliance: { device_id: undefined },
  anyMachine: true,
  posture: { claims: { device_id: undefined, ...changes } },
  ...more,
})

const facts = {
  platform: 'windows',
  osVersion: '10.0.22631.4460',
  systemDriveEncrypted: true,
  firewallEnabled: true,
}
const silent = Object.fromEntries(Object.keys(facts).map((fact) => [fact, undefined]))

describe('postureEvidence() takes a token', () => {
  it.each<[string, Case]>([
    ['about the device of the compliance token', {}],
    [
      'that spells the id of the device otherwise',
      claims({ device_id: `{${testUser.deviceId.toUpperCase()}}` }),
    ],
    [
      'that names the device within another claim',
      { ...claims({ device_id: 7, hw: { id: testUser.deviceId } }), trust: { deviceIdClaim: ['hw', 'id'] } },
    ],
    ['bound to the key of the request', claims({ cnf: { jkt } })],
    ['of the user', { trust: { upnClaim: 'upn' } }],
    [
      'of another user, where the tenant names no claim with the user',
      claims({ upn: 'bob@contoso.example' }),
    ],
    [
      'of the typ that is wanted',
      { ...header({ typ: 'application/Posture+JWT' }), trust: { tokenType: 'posture+jwt' } },
    ],
    ['of any typ, where none is wanted', header({ typ: undefined })],
    ['that lives for months', claims({ exp: at + 90 * 86_400 })],
    ['as old as it may be', claims({ iat: at - 3_600 })],
    ['from a clock that is a little fast', claims({ iat: at + 60 })],
    ['with an audience of one in a list', claims({ aud: [mdm.audience] })],
    ['of 16 KiB', claims({ more: 'x'.repeat(11_000) })],
    ['of no device, bound to the key of the request, where any machine will do', nameless({ cnf: { jkt } })],
  ])('%s', async (_, one) => {
    const { facts: reports, troubles } = await read(one)
    expect(troubles).toEqual([])
    expect(told(reports)).toEqual(facts)
  })

  it('and says who told it, and of when', async () => {
    const { facts: reports } = await read(claims({ iat: at - 100 }))
    expect(new Set(reports.map(({ source, at: when }) => `${source} ${when}`))).toEqual(
      new Set([`posture ${at - 100}`]),
    )
  })
})

describe('postureEvidence() counts nothing of a token', () => {
  it.each<[string, Case, RegExp]>([
    ['that is none', { compact: () => 'x.y' }, /not a JWS in compact serialization/],
    ['that is empty', { compact: () => '' }, /not a JWS/],
    [
      'of 16 KiB of nothing',
      { compact: () => `e30.${'A'.repeat(16_300)}.AA` },
      /Claims Set is not|base64url is not/,
    ],
    ['whose claims are no JSON', { posture: { payload: 'posture' } }, /Claims Set is not JSON/],
    ['that says a thing twice', { posture: { payload: '{"a":1,"a":2}' } }, /two members of one name/],
    ['that nobody signed', { compact: async () => unsigned(await posture()) }, /not a JWS/],
    ['signed by the public key', { compact: async () => confused(await posture(), mdm.key) }, /"alg" is not/],
    ['of an algorithm that is not listed', { trust: { algorithms: ['RS256'] } }, /"alg" is not RS256/],
    ['of a key that nobody publishes', { posture: { key: otherKey } }, /publishes no key/],
    [
      'of another key by the kid of a published one',
      { posture: { key: otherKey, header: { kid: mdm.key.kid } } },
      /signature does not verify/,
    ],
    [
      'that brings its key along',
      { posture: { key: otherKey, header: { jwk: otherKey.jwk, kid: undefined } } },
      /signature does not verify/,
    ],
    [
      'that says where its key is',
      { posture: { key: otherKey, header: { jku: 'https://evil.example/keys' } } },
      /publishes no key/,
    ],
    [
      'that brings certificates along',
      { posture: { key: otherKey, header: { x5c: ['AA=='] } } },
      /publishes no key/,
    ],
    [
      'that says where its certificates are',
      { posture: { key: otherKey, header: { x5u: 'https://evil.example' } } },
      /publishes no key/,
    ],
    ['with extensions that must be understood', header({ crit: ['b64'], b64: true }), /"crit"/],
    [
      'of an issuer that is not listed',
      claims({ iss: 'https://evil.example' }),
      /"iss" is not one that the tenant lists/,
    ],
    [
      'of an issuer of compliance tokens',
      { compact: () => generic.token({ claims: healthy }) },
      /"iss" is not one/,
    ],
    ['of no issuer', claims({ iss: undefined }), /"iss" is not one/],
    ['for another audience', claims({ aud: 'api://mayfly' }), /only "aud" is not the one/],
    [
      'for this audience and another',
      claims({ aud: [mdm.audience, 'api://mayfly'] }),
      /only "aud" is not the one/,
    ],
    ['for nobody', claims({ aud: undefined }), /only "aud" is not the one/],
    ['of another typ', { trust: { tokenType: 'posture+jwt' } }, /"typ" is not posture\+jwt/],
    [
      'of no typ, where one is wanted',
      { ...header({ typ: undefined }), trust: { tokenType: 'JWT' } },
      /"typ" is not JWT/,
    ],
    ['without iat', claims({ iat: undefined }), /"iat" is missing/],
    ['without exp', claims({ exp: undefined }), /"exp" is missing/],
    ['whose exp is text', claims({ exp: String(at + 60) }), /"exp" is a string/],
    ['that expired', claims({ exp: at - 30 }), /it expired 30 s ago$/],
    ['that expires now, however the clocks differ', claims({ exp: at }), /it expired 0 s ago$/],
    [
      'that was issued too long ago',
      claims({ iat: at - 3_601 }),
      /it was issued 3601 s ago, the limit is 3600 s$/,
    ],
    ['from the future', claims({ iat: at + 61, exp: at + 3_600 }), /it is valid in 61 s$/],
    ['that is not valid yet', claims({ nbf: at + 61 }), /it is valid in 61 s$/],
    ['in milliseconds', claims({ iat: 1_000 * at, exp: 1_000 * at + 1 }), /not a NumericDate/],
    ['of another device', claims({ device_id: otherDevice }), /it is of another device$/],
    [
      'of another device, bound to the key of the request',
      claims({ device_id: otherDevice, cnf: { jkt } }),
      /it is of another device$/,
    ],
    ['of a device by another name', claims({ device_id: 'LAPTOP-7' }), /is not a UUID$/],
    ['of several devices', claims({ device_id: [testUser.deviceId] }), /is not a UUID$/],
    ['of no device', claims({ device_id: undefined }), /it names no device$/],
    [
      'of the device that has no name',
      claims({ device_id: '00000000-0000-0000-0000-000000000000' }),
      /it names no device$/,
    ],
    [
      'of no device, bound to the key, of a request whose device is named',
      { ...claims({ device_id: undefined, cnf: { jkt } }), anyMachine: true },
      /it names no device$/,
    ],
    [
      'whose device the compliance token does not name',
      { compliance: { device_id: undefined } },
      /the compliance token does not name the device/,
    ],
    [
      'whose device the compliance token does not name, bound to the key, where any machine will do',
      nameless({ device_id: testUser.deviceId, cnf: { jkt } }),
      /the compliance token does not name the device/,
    ],
    [
      'of no device, where not any machine will do',
      nameless({ cnf: { jkt } }, { anyMachine: false }),
      /neither it nor the compliance token names a device$/,
    ],
    ['of no device and bound to no key', nameless(), /names neither a device nor the key of the request$/],
    [
      'of no device, but of the user',
      nameless({}, { trust: { upnClaim: 'upn' } }),
      /names neither a device nor the key/,
    ],
    [
      'of no device and bound to another key',
      nameless({ cnf: { jkt: otherKeyHash } }),
      /bound to another key/,
    ],
    ['of the device, bound to another key', claims({ cnf: { jkt: otherKeyHash } }), /bound to another key/],
    [
      'of the device, bound in a way that cannot be checked',
      claims({ cnf: { jkt, x5t: 'x' } }),
      /"cnf" is not a JWK thumbprint/,
    ],
    [
      'of the device, and of another user',
      { ...claims({ upn: 'bob@contoso.example' }), trust: { upnClaim: 'upn' } },
      /it is of another user$/,
    ],
    ['of the device, and of no user', { trust: { upnClaim: 'user' } }, /it names no user$/],
    [
      'of a user whose name only looks the same',
      {
        compliance: { upn: 'kim@contoso.example' },
        ...claims({ upn: '\u212aim@contoso.example' }),
        trust: { upnClaim: 'upn' },
      },
      /it is of another user$/,
    ],
  ])('%s', async (_, one, why) => {
    const { facts: reports, troubles } = await read(one)
    expect(told(reports)).toEqual(silent)
    expect(troubles).toMatchObject([
      {
        source: 'posture',
        code: 'posture-refused',
        why: expect.stringMatching(why),
        retryAfterSeconds: undefined,
      },
    ])
    expect(troubles[0]?.why).toMatch(/^the posture token does not count: /)
    expect(JSON.stringify(troubles)).not.toMatch(
      new RegExp([otherDevice, testUser.deviceId, 'bob', 'evil', otherKeyHash].join('|')),
    )
  })
})

describe('postureEvidence() while the keys of the issuer cannot be fetched', () => {
  it('tells of an outage, and when asking again may help', async () => {
    const { network, keys } = freshKeys()
    network.isDown = true
    const { facts: reports, troubles } = await postureEvidence(await posture(), await orderOf(), { keys })
    expect(told(reports)).toEqual(silent)
    expect(troubles).toEqual([
      {
        source: 'posture',
        code: 'token-keys-unavailable',
        why: 'the posture token does not count: the keys of its issuer cannot be fetched',
        retryAfterSeconds: 5,
      },
    ])
  })

  it('is as outspoken where there is no room to wait', async () => {
    const full = new Refusal('overloaded', 'Cannot answer now: too much waits.', { retryAfterSeconds: 3 })
    const wait = () => Promise.reject(full)
    const { troubles } = await postureEvidence(await posture(), await orderOf(), {
      keys: freshKeys().keys,
      wait,
    })
    expect(troubles).toMatchObject([{ code: 'overloaded', retryAfterSeconds: 3 }])
  })

  it('takes a defect for none of the device', async () => {
    const wait = () => Promise.reject(new TypeError('a defect'))
    const reading = postureEvidence(await posture(), await orderOf(), { keys: freshKeys().keys, wait })
    await expect(reading).rejects.toThrow('a defect')
  })
})

describe('postureEvidence() with several issuers', () => {
  const other = { issuer: 'https://fleet.example', audience: 'fleet', deviceIdClaim: 'device_id' }
  const sameIssuer = mdmTrust({ audience: 'another', facts: { secureBoot: 'encrypted' } })

  it.each<[string, Members]>([
    ['another one', { ...other, facts: { secureBoot: 'boot', firewallEnabled: 'fw' } }],
    ['the same for another audience', sameIssuer],
  ])('holds a token to the rules of its own, and leaves unknown what %s would tell', async (_, trust) => {
    const configured = evidenceOf({ posture: [trust, mdmTrust()] })
    const order = await orderOf({ configured })
    const { facts: reports, troubles } = await postureEvidence(await posture(), order, {
      keys: freshKeys().keys,
    })
    expect(troubles).toEqual([])
    expect(reports).toHaveLength(5)
    expect(told(reports)).toEqual({ ...facts, secureBoot: undefined })
  })
})
