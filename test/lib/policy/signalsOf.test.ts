import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../lib/policy/decide.ts'
import { type Circumstances, signalsOf } from '../../../lib/policy/signalsOf.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import type { Members } from '../../tenants.ts'
import { conditionCases, locations } from './conditionCases.ts'
import { at, compiled, graphPolicy } from './policySet.ts'
import { genericFacts } from './tokenFacts.ts'

const nobodyKnows: Circumstances = { at, clientIp: undefined, countryOf: undefined, evidence: undefined }

const groupId = 'ABCDEF01-2345-4678-9ABC-DEF012345678'

/** Signals of a token, by a mapping. */
const read = (signals: Members, claims: Members, circumstances: Partial<Circumstances> = {}): Signals =>
  signalsOf(genericFacts({ signals }, claims), { ...nobodyKnows, ...circumstances })

const words = { claim: 'w', values: { HIGH: 'high', 'not at all': null } }
const guest = { claim: 'acct', member: 0, type: 'type', homeTenant: 'home' }
const device = {
  attributes: { trustType: 'join', isCompliant: 'ok', physicalIds: 'ids' },
  noRecord: { claim: 'unmanaged', equals: true },
}

/** A mapping, claims, and what becomes of the signal of that name. */
const rows: readonly (readonly [name: keyof Signals, source: unknown, claims: Members, expected: unknown])[] =
  [
    ['groups', 'groups', { groups: ['VPN', groupId] }, ['VPN', groupId.toLowerCase()]],
    ['groups', 'groups', { groups: [] }, []],
    ['groups', 'member_of', { member_of: ['a'], groups: ['b'] }, ['a']],
    ['groups', 'groups', {}, undefined],
    ['groups', 'groups', { groups: null }, undefined],
    ['groups', 'groups', { groups: 'a' }, undefined],
    ['groups', 'groups', { groups: ['a', 1] }, undefined],
    ['groups', 'groups', { groups: { 0: 'a' } }, undefined],
    // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim
    ['groups', 'groups', { groups: ['a'], _claim_names: { groups: 'src1' } }, undefined],
    ['groups', 'groups', { groups: ['a'], _claim_names: 'groups' }, undefined],
    ['groups', 'groups', { groups: ['a'], _claim_names: { other: 'src1' } }, ['a']],
    ['groups', 'groups', { groups: ['a'], hasgroups: true }, undefined],
    ['groups', 'groups', { groups: ['a'], hasgroups: 'true' }, undefined],
    ['groups', 'groups', { groups: ['a'], hasgroups: false }, ['a']],
    ['groups', 'groups', { groups: ['a'], _claim_names: ['groups'] }, undefined],
    ['groups', 'groups', { groups: ['a'], 'groups:src1': 'https://graph.example' }, undefined],
    // Entra writes groups as roles where the registration says so; the overage is that of groups.
    ['groups', 'roles', { roles: ['a'], _claim_names: { groups: 'src1' } }, undefined],
    ['groups', 'roles', { roles: ['a'], hasgroups: true }, undefined],
    ['groups', undefined, { groups: ['a'] }, undefined],
    ['roles', 'wids', { wids: [groupId] }, [groupId.toLowerCase()]],
    ['roles', 'wids', { wids: ['a'], hasgroups: true }, ['a']],
    ['roles', 'wids', { wids: ['a'], _claim_names: { wids: 'src1' } }, undefined],
    ['country', 'geo', { geo: 'de' }, 'DE'],
    ['country', 'geo', { geo: 'DEU' }, undefined],
    ['country', 'geo', { geo: ['DE'] }, undefined],
    ['country', 'geo', {}, undefined],
    ['country', undefined, { country: 'DE' }, undefined],
    ['platform', 'os', { os: 'windows' }, 'windows'],
    ['platform', 'os', { os: 'Windows' }, undefined],
    ['platform', 'os', { os: ['windows'] }, undefined],
    ['platform', { claim: 'os', values: { 'Windows 11': 'windows' } }, { os: 'Windows 11' }, 'windows'],
    ['platform', { claim: 'os', values: { 'Windows 11': 'windows' } }, { os: 'windows' }, undefined],
    ['signInRisk', words, { w: 'HIGH' }, 'high'],
    ['signInRisk', words, { w: 'high' }, undefined],
    ['signInRisk', words, { w: 'not at all' }, null],
    ['signInRisk', words, { w: 'constructor' }, undefined],
    ['signInRisk', words, { w: ['HIGH'] }, undefined],
    ['signInRisk', 'risk', { risk: 2 }, undefined],
    ['userRisk', 'risk', { risk: 'low' }, 'low'],
    ['insiderRisk', 'risk', { risk: 'elevated' }, 'elevated'],
    ['insiderRisk', 'risk', { risk: 'high' }, undefined],
    ['transferMethod', { claim: 'flow', values: { none: null } }, { flow: 'none' }, null],
    ['transferMethod', 'flow', { flow: 'deviceCodeFlow' }, 'deviceCodeFlow'],
    ['guest', guest, { acct: 0 }, null],
    ['guest', guest, { acct: 1 }, { type: undefined, homeTenant: undefined }],
    ['guest', guest, { acct: 1, type: 'internalGuest' }, { type: 'internalGuest', homeTenant: undefined }],
    ['guest', guest, { acct: 1, type: 'guest', home: groupId }, { homeTenant: groupId.toLowerCase() }],
    ['guest', guest, { acct: '0' }, undefined],
    ['guest', guest, { acct: [0] }, undefined],
    ['guest', guest, {}, undefined],
    ['guest', undefined, { acct: 0 }, undefined],
    [
      'device',
      device,
      { join: 'ServerAD', ok: true, ids: ['x'], unmanaged: false },
      { trustType: 'ServerAD', isCompliant: true, physicalIds: ['x'] },
    ],
    ['device', device, { join: 1, ok: 'true', ids: ['x', 2], unmanaged: false }, { isCompliant: 'true' }],
    ['device', device, { join: 'ServerAD', unmanaged: true }, null],
    ['device', device, { join: 'ServerAD' }, undefined],
    ['device', device, { join: 'ServerAD', unmanaged: 'true' }, undefined],
    ['device', { attributes: {} }, {}, {}],
    ['authTime', 'auth_time', { auth_time: at - 5.5 }, at - 6],
    ['authTime', 'auth_time', { auth_time: at + 60 }, at + 60],
    ['authTime', 'auth_time', { auth_time: at + 61 }, undefined],
    ['authTime', 'auth_time', { auth_time: at * 1_000 }, undefined],
    ['authTime', 'auth_time', { auth_time: String(at) }, undefined],
    ['authTime', 'auth_time', { auth_time: -1 }, undefined],
    ['authTime', 'auth_time', {}, undefined],
    ['authTime', undefined, { auth_time: at }, undefined],
    ['authenticationMethods', undefined, { amr: ['pwd', 'mfa'] }, ['pwd', 'mfa']],
    ['authenticationMethods', undefined, { amr: 'pwd' }, ['pwd']],
    ['authenticationMethods', undefined, { amr: ['pwd', 1] }, undefined],
    ['authenticationContexts', undefined, { acrs: ['c1'] }, ['c1']],
    ['authenticationContexts', undefined, {}, undefined],
    ['application', undefined, { aud: groupId }, groupId.toLowerCase()],
    ['application', undefined, { aud: ['api://mayfly'] }, 'api://mayfly'],
    ['application', undefined, { aud: ['a', 'b'] }, undefined],
    ['clientIp', undefined, { ipaddr: '203.0.113.7', clientIp: '203.0.113.7' }, undefined],
  ]

describe('signalsOf()', () => {
  it.each(rows)('reads %s by %j from %j as %j', (name, source, claims, expected) => {
    expect(read(source === undefined ? {} : { [name]: source }, claims)[name]).toEqual(expected)
  })

  it('takes the subject for the user, and the device id that the token was verified with', () => {
    const facts = genericFacts({}, {})
    expect(signalsOf({ ...facts, subject: groupId, deviceId: 'd' }, nobodyKnows)).toMatchObject({
      user: groupId.toLowerCase(),
      device: { deviceId: 'd' },
    })
    expect(signalsOf(genericFacts({ deviceIdClaim: undefined }, {}), nobodyKnows).device).toBeUndefined()
  })

  it('takes the address of the request, and its country where the tenant wants that', () => {
    const clientIp = '203.0.113.7'
    const countryOf = (ip: string) => (ip === clientIp ? 'AT' : undefined)
    const byIp = { country: { by: 'clientIp' } }
    expect(read(byIp, {}, { clientIp, countryOf })).toMatchObject({ clientIp, country: 'AT' })
    expect(read(byIp, {}, { clientIp, countryOf: () => null }).country).toBeNull()
    expect(read(byIp, {}, { clientIp }).country).toBeUndefined()
    expect(read(byIp, {}, { countryOf }).country).toBeUndefined()
    expect(read({ country: 'geo' }, {}, { clientIp, countryOf }).country).toBeUndefined()
    expect(read({ country: 'geo' }, { geo: 'DE' }, { clientIp, countryOf }).country).toBe('DE')
  })

  const signals = {
    guest,
    groups: 'groups',
    roles: 'roles',
    country: 'country',
    platform: 'platform',
    device,
    signInRisk: 'signInRisk',
    userRisk: 'userRisk',
    authTime: 'authTime',
  }
  const proofs = [
    { control: 'compliantDevice', by: 'claim', claim: 'ok', equals: true },
    { control: 'compliantDevice', by: 'authenticationContext', context: 'c1', entraPolicy: 'CA1' },
    {
      control: 'mfa',
      by: 'anyOf',
      sources: [
        { by: 'amr', contains: ['mfa'] },
        { by: 'acr', values: ['2'] },
      ],
    },
  ]
  const claims = fc.record(
    {
      groups: fc.constantFrom<unknown>(['contractors'], [], 'contractors'),
      roles: fc.constantFrom<unknown>(['administrators'], []),
      acct: fc.constantFrom<unknown>(0, 1, '1'),
      country: fc.constantFrom<unknown>('CH', 'DE', 1),
      platform: fc.constantFrom('iOS', 'windows'),
      join: fc.constantFrom<unknown>('ServerAD', 'AzureAD', false),
      unmanaged: fc.constantFrom<unknown>(true, false, 'true'),
      signInRisk: fc.constantFrom('high', 'low'),
      userRisk: fc.constantFrom('high', 'none'),
      authTime: fc.constantFrom<unknown>(at, at - 5_000, 'now'),
      ok: fc.constantFrom<unknown>(true, true, false, 'true'),
      acrs: fc.constantFrom<unknown>(['c1'], ['c1'], 'c1', []),
      amr: fc.constantFrom<unknown>(['pwd', 'mfa'], ['pwd'], 1),
      acr: fc.constantFrom<unknown>('1', '2'),
    },
    { requiredKeys: ['ok', 'acrs'] },
  )
  const policies = compiled(
    [
      graphPolicy('device', {}),
      ...conditionCases.flatMap(({ name, include, exclude }) => [
        graphPolicy(`${name} with mfa`, include, { grant: ['mfa', 'domainJoinedDevice'] }),
        ...(exclude ? [graphPolicy(`without ${name}`, exclude, { grant: ['mfa', 'compliantDevice'] })] : []),
      ]),
    ],
    { locations },
  )

  it('never turns a denial into a permit by what a token does not say', () => {
    const facts = genericFacts({ signals, proofs, complianceProofs: undefined }, {})
    let allowed = 0
    const isAllowed = (given: Members) =>
      decide(policies, signalsOf({ ...facts, claims: given }, nobodyKnows)).kind === 'allow'
    const property = fc.property(claims, (given) => {
      if (isAllowed(given)) allowed++
      else
        for (const name of Object.keys(given)) expect(isAllowed({ ...given, [name]: undefined })).toBe(false)
    })
    fc.assert(property, { numRuns: fuzzRuns(300) })
    expect(allowed).toBeGreaterThan(10)
  })
})
