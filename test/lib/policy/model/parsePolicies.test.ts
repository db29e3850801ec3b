import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { printRule } from '../../../../lib/policy/filter/rule.ts'
import { defaultPolicy } from '../../../../lib/policy/model/defaultPolicy.ts'
import { maxPolicies, parsePolicies } from '../../../../lib/policy/model/parsePolicies.ts'
import { countries, networks } from '../../../policies.ts'
import type { Members } from '../../../tenants.ts'
import { livePolicy as live, parsedPolicies as parsed, changedPolicy, vpnServer } from './changedPolicy.ts'

const exported = JSON.parse(readFileSync(new URL('graphPolicies.json', import.meta.url), 'utf8')) as {
  readonly value: readonly object[]
}

/** The cases of rejectedPolicies.txt: what is changed, and what is said of it. */
const rejected = readFileSync(new URL('rejectedPolicies.txt', import.meta.url), 'utf8')
  .split(/\n(?=[{#\n])/)
  .filter((text) => text.startsWith('{'))
  .map((text) => text.split('\n  '))

const [ada, group, location] = ['1', '2', '3'].map((digit) => `bbbbbbbb-0000-4000-8000-00000000000${digit}`)

describe('parsePolicies()', () => {
  it('tells of each policy of an export', () => {
    const { policies, rejections } = parsed(exported)
    expect(policies.map(({ displayName, never }) => [displayName, never])).toEqual([
      ['Compliant or hybrid joined device, all users', undefined],
      ['Block legacy authentication', 'it is for other client types only (exchangeActiveSync, other)'],
      ['Administrators: phishing-resistant', undefined],
      ['Unmanaged devices: no persistent browser', undefined],
      ['Block unknown platforms', undefined],
      ['High sign-in risk: block', undefined],
      ['Guests: MFA', undefined],
      ['Office 365 web access only', 'it is for other applications only'],
      ['Device code flow: block', undefined],
      ['Security info registration from trusted locations', 'it is for user actions'],
      ['Workloads outside the office', 'it is for workload identities'],
    ])
    expect(rejections).toEqual([
      'value[6].grantControls: nothing here can prove approvedApplication; with --deny-unprovable the policy is kept as never satisfied',
    ])
  })

  it('gives the same policies for the documents to store, which are without what is not set', () => {
    const options = { denyUnprovable: true }
    const first = parsed(exported, options)
    expect(first.policies).toHaveLength(12)
    expect(parsed(first.documents, options)).toEqual(first)
    expect(JSON.stringify(first.documents)).not.toMatch(/null|@odata|\[\]|\{\}/)
  })

  it('takes one policy, an array, or the list that Graph answers with', () => {
    const { policies } = parsed(changedPolicy())
    expect(policies).toHaveLength(1)
    expect(parsed([changedPolicy()]).policies).toEqual(policies)
    expect(parsed({ '@odata.count': 1, value: [changedPolicy()] }).policies).toEqual(policies)
    expect(parsed([])).toEqual({ policies: [], documents: [], rejections: [] })
  })

  it.each<readonly [file: unknown, ...rejections: string[]]>([
    ['text', 'the document: must be an object'],
    [null, 'the document: must be an object'],
    [[7], '[0]: must be an object'],
    [{ value: {} }, 'value: must be a list'],
    [
      { value: [], '@odata.nextLink': 'x' },
      '@odata.nextLink: this is one page of a longer list: give a list of all pages, without this link',
    ],
    [{ error: { code: 'Forbidden' } }, 'error: Graph refused the request whose answer this is'],
    [
      [countries('Home', 'DE'), networks('Office', '192.0.2.0/24')],
      '[0]: is a named location, which `mayfly location apply` takes',
      '[1]: is a named location, which `mayfly location apply` takes',
    ],
    [
      { osMinimumVersion: '14.6', displayName: 'macOS' },
      'the document: is a compliance policy, which `mayfly compliance apply` takes',
    ],
    [{ value: [], policies: [] }, 'policies: is not supported beside value'],
    [[changedPolicy(), changedPolicy()], '[1].id: is that of [0] too'],
    [
      [changedPolicy({ id: null }), changedPolicy({ id: null })],
      '[1].displayName: is that of [0] too, and it has no id to tell them apart',
    ],
    [Array.from({ length: maxPolicies + 1 }, () => changedPolicy()), 'the file: holds more than 250'],
    [
      JSON.parse('{"__proto__": {"displayName": "x"}}'),
      'displayName: is required',
      'state: is required',
      'conditions: is required',
      '__proto__: is not supported',
    ],
  ])('rejects %j', (file, ...rejections) => {
    expect(parsed(file).rejections).toEqual(rejections)
  })

  it('names the policy that is rejected, takes the first of two, and a link to nothing', () => {
    const documents = [changedPolicy(), changedPolicy(), changedPolicy({ id: 'b', state: 'on' })]
    const { entries, rejections } = parsePolicies(
      { value: documents, '@odata.nextLink': null },
      { applicationIds: [], denyUnprovable: false },
    )
    expect(entries).toHaveLength(1)
    expect(rejections).toMatchObject([
      { path: 'value[1].id', displayName: 'Plain' },
      { path: 'value[2].state', displayName: 'Plain' },
    ])
  })

  it('takes as many policies as Entra', () => {
    const many = Array.from({ length: maxPolicies }, (_, n) => changedPolicy({ id: `policy ${n}` }))
    expect(parsed(many)).toMatchObject({ policies: { length: maxPolicies }, rejections: [] })
  })

  it('gives the default policy for a document that says the same', () => {
    const { id, displayName } = defaultPolicy
    expect(live({ id, displayName })).toEqual(defaultPolicy)
  })

  it('identifies a policy without id by its name, and one with an id by its one spelling', () => {
    expect(live({ id: null }).id).toBe('Plain')
    expect(live({ id: '{AAAAAAAA-0000-4000-8000-000000000001}' }).id).toBe(
      'aaaaaaaa-0000-4000-8000-000000000001',
    )
  })

  it.each([
    ['enabled', 'enabled'],
    ['enabledForReportingButNotEnforced', 'reportOnly'],
  ])('takes the state %s as %s', (state, expected) => expect(live({ state }).state).toBe(expected))
})

describe('policies that are rejected', () => {
  it('are those of the cases', () => expect(rejected).toHaveLength(50))

  it.each(rejected)('%s: %s', (changes, ...rejections) => {
    const document = changedPolicy(JSON.parse(changes ?? '') as Members)
    expect(parsed(document).rejections).toEqual(rejections.map((line) => line.trim()))
  })
})

describe('a policy that can never apply here', () => {
  it.each<readonly [changes: Members, never: string]>([
    [{ state: 'disabled' }, 'it is disabled'],
    [{ state: 'disabled', conditions: null }, 'it is disabled'],
    [
      { 'conditions.clientApplications': { includeServicePrincipals: ['x'] }, 'conditions.users': null },
      'it is for workload identities',
    ],
    [
      {
        'conditions.servicePrincipalRiskLevels': ['high'],
        'conditions.users': { includeUsers: ['None'], excludeUsers: [] },
      },
      'it is for workload identities',
    ],
    [{ 'conditions.clientAppTypes': ['browser'] }, 'it is for other client types only (browser)'],
    [{ 'conditions.applications.includeApplications': [ada] }, 'it is for other applications only'],
    [
      { 'conditions.applications.includeApplications': ['Office365', 'MicrosoftAdminPortals'] },
      'it is for other applications only',
    ],
    [{ 'conditions.applications.includeApplications': ['none'] }, 'it is for no application'],
    [{ 'conditions.applications.excludeApplications': [vpnServer] }, 'it excludes this service'],
    [{ 'conditions.applications.excludeApplications': ['All'] }, 'it excludes this service'],
    [
      { 'conditions.applications': { includeUserActions: ['urn:user:registerdevice'] } },
      'it is for user actions',
    ],
    [
      { 'conditions.applications': { includeAuthenticationContextClassReferences: ['c1'] } },
      'it is for authentication contexts',
    ],
    [{ 'conditions.users': { includeUsers: ['None'] } }, 'it is for no user'],
    [{ 'conditions.users.excludeUsers': ['all'] }, 'it excludes everybody'],
  ])('is kept for %j, whatever else it holds', (changes, never) => {
    const others = {
      grantControls: { builtInControls: ['tea'] },
      'conditions.locations': { place: 1 },
      times: 'odd',
    }
    expect(parsed(changedPolicy({ ...others, ...changes })).policies).toEqual([
      {
        id: 'aaaaaaaa-0000-4000-8000-000000000001',
        displayName: 'Plain',
        state: changes['state'] ?? 'enabled',
        never,
      },
    ])
  })

  it.each<readonly [changes: Members]>([
    [{ 'conditions.clientAppTypes': ['browser', 'mobileAppsAndDesktopClients'] }],
    [{ 'conditions.clientAppTypes': [] }],
    [{ 'conditions.applications.includeApplications': [ada, vpnServer] }],
    [{ 'conditions.applications.includeApplications': ['API://mayfly', 'api://mayfly'] }],
    [{ 'conditions.applications.excludeApplications': ['Office365', ada] }],
    [{ 'conditions.applications.includeUserActions': ['urn:user:registerdevice'] }],
    [{ 'conditions.users': { includeUsers: ['None'], includeGroups: [group] } }],
  ])('is none of %j', (changes) => expect(live(changes).grant.kind).toBe('require'))
})

const nobody = { all: false, anyGuest: false, users: [], groups: [], roles: [], guests: undefined }
const guests = (types: string, externalTenants?: unknown) => ({
  guestOrExternalUserTypes: types,
  externalTenants,
})

describe('conditions', () => {
  it.each<readonly [changes: Members, conditions: object]>([
    [
      {
        'conditions.users': { includeUsers: ['ALL'], excludeUsers: [ada?.toUpperCase(), 'subject of ours'] },
      },
      {
        users: { include: { ...nobody, all: true }, exclude: { ...nobody, users: [ada, 'subject of ours'] } },
      },
    ],
    [
      {
        'conditions.users': {
          includeUsers: ['guestsOrExternalUsers'],
          excludeUsers: ['GuestsOrExternalUsers'],
        },
      },
      { users: { include: { ...nobody, anyGuest: true }, exclude: { ...nobody, anyGuest: true } } },
    ],
    [
      {
        'conditions.users': {
          includeGroups: [group],
          includeRoles: [ada],
          excludeGroups: ['x'],
          excludeRoles: ['y'],
        },
      },
      {
        users: {
          include: { ...nobody, groups: [group], roles: [ada] },
          exclude: { ...nobody, groups: ['x'], roles: ['y'] },
        },
      },
    ],
    [
      { 'conditions.users': { includeGuestsOrExternalUsers: guests('serviceProvider, internalGuest') } },
      {
        users: {
          include: { ...nobody, guests: { types: ['internalGuest', 'serviceProvider'], homeTenants: 'all' } },
        },
      },
    ],
    [
      {
        'conditions.users.excludeGuestsOrExternalUsers': guests('b2bCollaborationGuest', {
          '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
          membershipKind: 'enumerated',
          members: [ada],
        }),
      },
      { users: { exclude: { ...nobody, guests: { types: ['b2bCollaborationGuest'], homeTenants: [ada] } } } },
    ],
    [{ 'conditions.users.excludeGuestsOrExternalUsers': guests('none') }, { users: { exclude: nobody } }],
    [
      { 'conditions.platforms': { includePlatforms: ['windows'], excludePlatforms: ['all'] } },
      { platforms: { include: ['windows'], exclude: 'all' } },
    ],
    [{ 'conditions.platforms': { includePlatforms: ['all'] } }, { platforms: undefined }],
    [
      { 'conditions.locations': { includeLocations: ['all', location], excludeLocations: ['alltrusted'] } },
      { locations: { include: ['All', location], exclude: ['AllTrusted'] } },
    ],
    [
      { 'conditions.signInRiskLevels': ['high', 'none'], 'conditions.userRiskLevels': ['low', 'medium'] },
      { signInRisk: ['high', 'none'], userRisk: ['low', 'medium'] },
    ],
    [{ 'conditions.insiderRiskLevels': 'elevated,minor' }, { insiderRisk: ['minor', 'elevated'] }],
    [
      { 'conditions.authenticationFlows': { transferMethods: 'authenticationTransfer' } },
      { transferMethods: ['authenticationTransfer'] },
    ],
    [{ 'conditions.authenticationFlows': { transferMethods: 'none' } }, { transferMethods: undefined }],
  ])('are read of %j', (changes, conditions) => expect(live(changes).conditions).toMatchObject(conditions))

  it('hold the rule of the device filter', () => {
    const { deviceFilter } = live({
      'conditions.devices': {
        deviceFilter: { mode: 'exclude', rule: `device.model -EQ 'x'` },
        includeDevices: [],
      },
    }).conditions
    expect(deviceFilter?.mode).toBe('exclude')
    expect(deviceFilter && printRule(deviceFilter.rule)).toBe('device.model -eq "x"')
  })
})
