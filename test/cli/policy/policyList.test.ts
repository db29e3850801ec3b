import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { entraTrust, genericTrust, type Members } from '../../tenants.ts'
import { complianceDocument, countries, networks, policyDocument } from '../../policies.ts'
import { policyWorld } from './policyWorld.ts'

const granting = (name: string, operator: string, ...builtInControls: readonly string[]) =>
  policyDocument(name, { grantControls: { operator, builtInControls } })

const sessions = policyDocument('Fresh', {
  sessionControls: {
    signInFrequency: { isEnabled: true, value: 1, type: 'hours', frequencyInterval: 'timeBased' },
    persistentBrowser: { isEnabled: true, mode: 'never' },
  },
})
const legacy = policyDocument('Block legacy authentication', {
  conditions: { clientAppTypes: ['exchangeActiveSync', 'other'] },
})
const policies = [
  granting('Either', 'OR', 'compliantDevice', 'domainJoinedDevice'),
  { ...sessions, id: 'f' },
  legacy,
]

describe('mayfly policy list', () => {
  it('shows what each asks for, and of none the one that a tenant has by default', async () => {
    const world = await policyWorld()
    const none = await world.run('policy list')
    expect(none.text).toBe(
      'Compliant device, all users (there are no policies) (default)\n  on, asks for compliantDevice',
    )
    expect((await world.run('policy show', ['default'])).json).toMatchObject({
      id: 'default',
      document: null,
    })
    expect(none.json).toMatchObject({
      byDefault: true,
      policies: [{ id: 'default', asks: 'compliantDevice' }],
    })
    await world.apply('policy apply', policies)
    const { text, json } = await world.run('policy list')
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'Either',
      '  on, asks for compliantDevice or domainJoinedDevice',
      'Fresh (f)',
      '  on, asks for compliantDevice; a sign-in at most 3600 s old',
      'Block legacy authentication',
      '  on, never applies here: it is for other client types only (exchangeActiveSync,',
      '  other)',
    ])
    expect(json).toMatchObject({ byDefault: false, revision: 2, policies: [{}, {}, { asks: null }] })
  })
})

describe('mayfly policy show', () => {
  it('shows how a policy is understood, and its document', async () => {
    const world = await policyWorld()
    await world.apply('policy apply', policies)
    const { text, json } = await world.run('policy show', ['Fresh'])
    const [fields, notes, document] = text.split('\n\n')
    expect(fields?.split('\n')).toEqual([
      'policy    Fresh',
      'id        f',
      'state     on',
      'asks for  compliantDevice; a sign-in at most 3600 s old',
    ])
    expect(notes).toBe('- sessionControls.persistentBrowser means nothing for a certificate')
    expect(JSON.parse(document ?? '')).toMatchObject({ displayName: 'Fresh' })
    expect(json).toMatchObject({ id: 'f', lifetimeSeconds: null, document: { id: 'f' } })
    await expect(world.run('policy show', ['None'])).toRefuse('policy-unknown')
  })
})

describe('mayfly policy show of a device filter', () => {
  it('shows its rule as it was understood', async () => {
    const signals = { device: { attributes: { model: 'model', trustType: 'trust' } } }
    const issuer = { url: `https://issuer.example/${crypto.randomUUID()}`, audience: 'api://mayfly' }
    const world = await policyWorld({ tokenIssuers: [genericTrust(issuer, { signals })] })
    const rule = `not (device.model -eq 'X1' and device.trustType eq "ServerAD")`
    const devices = { deviceFilter: { mode: 'exclude', rule } }
    await world.apply('policy apply', policyDocument('A', { conditions: { devices } }))
    expect((await world.run('policy show', ['A'])).text.replaceAll(/\s+/g, ' ')).toContain(
      'excludes devices -not (device.model -eq "X1" -and device.trustType -eq "ServerAD")',
    )
  })
})

describe('mayfly policy check', () => {
  const check = async (
    world: Awaited<ReturnType<typeof policyWorld>>,
    content: unknown,
    ...more: readonly string[]
  ) => world.run('policy check', ['-f', await world.file(content), ...more])

  it('tells of each policy what an administrator has to know, and changes nothing', async () => {
    const world = await policyWorld()
    const { text, json, exitCode } = await check(world, policies)
    expect(exitCode).toBe(exitCodes.ok)
    expect(json).toMatchObject({
      accepted: true,
      faults: [],
      policies: [
        { displayName: 'Either', notes: ['no token issuer proves domainJoinedDevice'] },
        {
          displayName: 'Fresh',
          notes: ['sessionControls.persistentBrowser means nothing for a certificate'],
        },
        {
          notes: [/^it can never apply here: it is for other client types only/].map(
            () => expect.any(String) as string,
          ),
        },
      ],
    })
    expect(text).toMatch(
      /^Either\n {2}- asks for compliantDevice or domainJoinedDevice\n {2}- no token issuer.*\n\n[^]*\n\n3 policies would be accepted$/,
    )
    expect((await world.run('policy list')).json).toMatchObject({ revision: 1 })
  })

  it('tells what rests on Entra alone', async () => {
    const signals = { platform: 'os', facts: { firewallEnabled: 'fw', secureBoot: 'sb' } }
    const trust = entraTrust(
      'c2a1b0d9-0000-4000-8000-00000000aa01',
      { audience: crypto.randomUUID() },
      { signals },
    )
    const world = await policyWorld({ tokenIssuers: [trust] })
    const { json } = await check(world, policyDocument('A'))
    expect(json).toMatchObject({
      policies: [
        {
          notes: [
            'compliantDevice rests on Entra alone: c1 of the policy "CA014 Require compliant device for VPN"',
          ],
        },
      ],
    })
    await world.apply('compliance apply', complianceDocument('C'))
    expect((await check(world, policyDocument('A'))).json).toMatchObject({ policies: [{ notes: [] }] })
  })

  it.each<readonly [what: string, document: Members, isTold: boolean]>([
    ['asks for a device', granting('A', 'OR', 'mfa', 'compliantDevice'), false],
    ['blocks', granting('A', 'OR', 'block'), true],
    ['asks for factors', granting('A', 'OR', 'mfa'), true],
    ['is off', policyDocument('A', { state: 'disabled' }), true],
    ['reports', policyDocument('A', { state: 'enabledForReportingButNotEnforced' }), true],
  ])(
    'tells that nobody would get a certificate where the only policy %s: %j',
    async (_, document, isTold) => {
      const { text, json } = await check(await policyWorld(), document)
      expect((json as { readonly notes: readonly string[] }).notes).toHaveLength(isTold ? 1 : 0)
      expect(text.includes('nobody would get a certificate')).toBe(isTold)
    },
  )

  it('tells what the service must be set to for policies on places', async () => {
    const world = await policyWorld()
    await world.apply('location apply', [networks('Office', '192.0.2.0/24'), countries('Home', 'NL')])
    const at = (...includeLocations: readonly string[]) =>
      policyDocument(includeLocations.join(), { conditions: { locations: { includeLocations } } })
    const { json } = await check(world, [at('All'), at('Office'), at('Home'), at('Office', 'Home')])
    const told = (settings: string) => [`it binds everybody where the service lacks the setting ${settings}`]
    const both = told('MAYFLY_CLIENT_IP or MAYFLY_COUNTRIES_FILE')
    expect(json).toMatchObject({
      policies: [{ notes: [] }, { notes: told('MAYFLY_CLIENT_IP') }, { notes: both }, { notes: both }],
    })
  })

  it('tells what no source says of guests, which is no reason to refuse', async () => {
    const guest = { claim: 'acct', member: 0 }
    const trust = entraTrust(
      'c2a1b0d9-0000-4000-8000-00000000aa02',
      { audience: crypto.randomUUID() },
      {
        signals: { guest },
      },
    )
    const world = await policyWorld({ tokenIssuers: [trust] })
    const users = { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest' } }
    expect((await check(world, policyDocument('A', { conditions: { users } }))).json).toMatchObject({
      accepted: true,
      policies: [
        {
          notes: [
            expect.any(String),
            'no token issuer says `signals.guest.type`: it binds every guest, and exempts none',
          ],
        },
      ],
    })
  })

  it.each<readonly [what: string, document: Members, fault: RegExp]>([
    [
      'not supported',
      { ...policyDocument('A'), colour: 'red' },
      /1\.json: "A", \[0\]\.colour: is not supported/,
    ],
    ['without a source', policyDocument('A', { conditions: { userRiskLevels: ['high'] } }), /the user risk/],
    ['never satisfied', granting('A', 'AND', 'compliantDevice', 'approvedApplication'), /--deny-unprovable/],
  ])('refuses what is %s', async (_, document, fault) => {
    const world = await policyWorld()
    const { text, json, exitCode } = await check(world, [document, policyDocument('B')])
    expect(exitCode).toBe(exitCodes.refused)
    expect((json as { readonly faults: readonly string[] }).faults.join()).toMatch(fault)
    expect(text).toMatch(/^not accepted\n[^]*the policies would not be accepted$/)
  })

  it('checks beside those in force, and takes what nothing can prove, where somebody says so', async () => {
    const world = await policyWorld()
    await world.apply('policy apply', { ...policyDocument('A'), id: 'a' })
    const twins = [{ ...policyDocument('B'), id: 'a' }]
    expect((await check(world, twins, '--add')).json).toMatchObject({ accepted: true })
    const never = granting('C', 'OR', 'approvedApplication')
    expect((await check(world, never, '--deny-unprovable')).json).toMatchObject({
      accepted: true,
      policies: [
        {
          notes: [
            'it is never satisfied: whoever it applies to is denied',
            'nothing here can prove approvedApplication',
          ],
        },
      ],
    })
  })
})
