import { describe, expect, it } from 'vitest'
import { countries, networks, policyDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { tablesOfFile } from '../../azurite.ts'
import { testDocument } from '../testDocument.ts'
import { policyWorld } from './policyWorld.ts'

const idOf = (number: number) => `c2a1b0d9-0000-4000-8000-00000000000${number}`
const namesIn = (shown: Readonly<Record<string, unknown>>, list: 'policies' | 'locations') =>
  (shown[list] as readonly Members[]).map(({ displayName }) => displayName)
const risky = (name: string) => policyDocument(name, { conditions: { signInRiskLevels: ['high'] } })
const unprovable = policyDocument('Terms', {
  grantControls: { operator: 'AND', builtInControls: ['compliantDevice'], termsOfUse: [idOf(9)] },
})

describe('mayfly policy apply', () => {
  it('puts the policies of all files into force as one revision, and tells so in history', async () => {
    const world = await policyWorld()
    const list = {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata',
      value: [risky('B'), policyDocument('C')],
    }
    const files = [await world.file(policyDocument('A', { id: null })), await world.file(list)]
    const words = ['-f', files[0] ?? '', '-f', files[1] ?? '', '--yes', '--reason', 'rolled out']
    const { text, json } = await world.run('policy apply', words)
    expect(json).toMatchObject({ revision: 2, changed: true })
    expect(text).toMatch(/revision 2 is in force.*\n {2}policies\.A\n {4}\+ /)
    expect(await world.shown()).toMatchObject({ revision: 2, action: 'policy apply', reason: 'rolled out' })
    expect(namesIn(await world.shown(), 'policies')).toEqual(['A', 'B', 'C'])
    const { json: history } = await world.run('tenant history')
    expect(history).toMatchObject({
      revisions: [{}, { action: 'policy apply', differences: [{ path: 'policies.A' }, {}, {}] }],
    })
    expect((await world.run('policy apply', words)).json).toMatchObject({ revision: 2, changed: false })
  })

  it('asks, and shows what changes; a dry run changes nothing', async () => {
    const world = await policyWorld()
    await world.apply('policy apply', [policyDocument('A'), policyDocument('B')])
    const off = await world.file([policyDocument('A', { state: 'disabled' })])
    await expect(world.run('policy apply', ['-f', off])).toRefuse('confirmation-needed')
    const dry = await world.run('policy apply', ['-f', off, '--dry-run'])
    expect(dry.text).toMatch(
      /what changes of revision 2\n {2}policies\.A\.state\n {4}- "enabled"\n {4}\+ "disabled"\n {2}policies\.B\n {4}- [^]*nothing was changed$/,
    )
    expect(await world.shown()).toMatchObject({ revision: 2 })
    expect((await world.run('policy apply', ['-f', off], { answer: true })).json).toMatchObject({
      revision: 3,
    })
    await expect(world.apply('policy apply', [policyDocument('A')], '--base', '2')).toRefuse(
      'configuration-conflict',
    )
  })

  it('adds policies, and replaces those of the same id or name', async () => {
    const world = await policyWorld()
    const named = (id: string | undefined, name: string, state = 'enabled') =>
      policyDocument(name, { state, ...(id === undefined ? {} : { id }) })
    await world.apply('policy apply', [
      named(idOf(1), 'A'),
      named(undefined, 'B'),
      named(idOf(3), 'C'),
      named(idOf(4), 'C'),
    ])
    await world.apply(
      'policy apply',
      [named(idOf(1), 'A2'), named(idOf(2), 'B', 'disabled'), named(undefined, 'D')],
      '--add',
    )
    expect((await world.shown())['policies']).toMatchObject([
      { id: idOf(1), displayName: 'A2' },
      { id: idOf(2), displayName: 'B', state: 'disabled' },
      { id: idOf(3) },
      { id: idOf(4) },
      { displayName: 'D' },
    ])
    await world.apply('policy apply', named(idOf(5), 'B'), '--add')
    expect((await world.shown())['policies']).toHaveLength(6)
    await expect(world.apply('policy apply', named(undefined, 'C'), '--add')).toRefuse(
      'policies-invalid',
      /several have the name/,
    )
    const twice = [named(idOf(1), 'A3', 'disabled'), named(idOf(1), 'A4')]
    const files = [await world.file(twice[0]), '-f', await world.file(twice[1])]
    await expect(world.run('policy apply', ['-f', ...files, '--add', '--yes'])).toRefuse(
      'policies-invalid',
      /Cannot add "A4": another one that is given replaces the same/,
    )
  })

  it('puts a new tenant and its policies into force at once, for one that proves joined devices alone', async () => {
    const { document, applyTenant } = await policyWorld()
    const { complianceProofs: _, ...trust } = (document['tokenIssuers'] as readonly [Members])[0]
    const proofs = [{ control: 'domainJoinedDevice', by: 'claim', claim: 'joined', equals: true }]
    const issuer = { ...trust, issuer: 'https://joined.example', proofs }
    const configuration = { ...testDocument(), tokenIssuers: [issuer] }
    await expect(applyTenant(configuration)).toRefuse('policies-invalid', /proves a compliant device/)
    const policies = [
      policyDocument('Joined', {
        grantControls: { operator: 'OR', builtInControls: ['domainJoinedDevice'] },
      }),
    ]
    const { json } = await applyTenant({ configuration, policies })
    expect(json).toMatchObject({ revision: 1, changed: true })
    await expect(applyTenant({ configuration, policies: [] })).toRefuse('configuration-conflict')
  })

  it('sees a change of a policy whose id is the name of another', async () => {
    const world = await policyWorld()
    const policies = (state: string) => [
      policyDocument('X', { id: 'A', state }),
      policyDocument('X', { id: 'B' }),
      policyDocument('A', { id: 'C' }),
    ]
    await world.apply('policy apply', policies('disabled'))
    await world.apply('policy apply', policies('enabled'))
    expect((await world.shown())['policies']).toMatchObject(policies('enabled'))
  })

  it('names file, path and reason of what it does not take', async () => {
    const world = await policyWorld()
    const wrong = {
      ...policyDocument('A'),
      conditions: { ...(policyDocument('A')['conditions'] as Members), colour: 'red' },
    }
    await expect(world.apply('policy apply', [policyDocument('B'), wrong])).toRefuse(
      'policies-invalid',
      /\d\.json: "A", \[1\]\.conditions\.colour: is not supported/,
    )
    const noSource = policyDocument('A', { conditions: { userRiskLevels: ['high'] } })
    await expect(world.apply('policy apply', noSource)).toRefuse(
      'policies-invalid',
      new RegExp(`no token issuer of ${world.tenant} says the user risk: map \`signals\\.userRisk\``),
    )
    await expect(world.apply('policy apply', [policyDocument('A'), policyDocument('A')])).toRefuse(
      'policies-invalid',
    )
    await expect(world.apply('policy apply', noSource, '--dry-run')).toRefuse('policies-invalid')
    await expect(world.apply('policy apply', 'no JSON')).toRefuse('policies-invalid', /it is not JSON\.$/)
    await expect(world.apply('policy apply', '[{"id": 1,}]')).toRefuse(
      'policies-invalid',
      /it is not JSON: see line 1, column 11\.$/,
    )
    await expect(world.apply('policy apply', '[')).toRefuse('policies-invalid', /: it ends too early\.$/)
    await expect(world.apply('policy apply', '')).toRefuse('policies-invalid', /: it is empty\.$/)
    await expect(world.run('policy apply', ['-f', 'none.json'])).toRefuse('usage-wrong', /ENOENT/)
    expect(await world.shown()).toMatchObject({ revision: 1 })
  })

  it('keeps what nothing can prove as never satisfied, where somebody wants it', async () => {
    const world = await policyWorld()
    await expect(world.apply('policy apply', unprovable)).toRefuse('policies-invalid', /--deny-unprovable/)
    await world.apply('policy apply', [unprovable, policyDocument('A')], '--deny-unprovable')
    expect(await world.shown()).toMatchObject({ neverSatisfied: ['Terms'] })
    await world.apply('policy apply', policyDocument('B'), '--add')
    expect(await world.shown()).toMatchObject({ revision: 3, neverSatisfied: ['Terms'] })
    await world.run('policy remove', ['Terms', '--yes'])
    expect(await world.shown()).toMatchObject({ neverSatisfied: [] })
  })

  it.each(['policy apply', 'tenant rollback', 'policy remove', 'tenant apply'])(
    'does not lose the last policy by %s without --force, which history tells',
    async (command) => {
      const world = await policyWorld()
      await world.apply('policy apply', policyDocument('A'))
      const whole = { ...(await world.shown()), policies: [] }
      const words = {
        'policy apply': ['-f', await world.file([])],
        'tenant rollback': ['--revision', '1'],
        'policy remove': ['A'],
      }[command]
      const run = (...more: readonly string[]) =>
        words ? world.run(command, [...words, '--yes', ...more]) : world.applyTenant(whole, ...more)
      await expect(run()).toRefuse('last-policy', /it removes the last policy\.$/)
      expect((await run('--dry-run')).json).toMatchObject({ forceNeeded: true, changed: false })
      expect((await run('--force')).json).toMatchObject({ revision: 3, changed: true })
      expect(await world.shown()).toMatchObject({ policies: [], forced: ['removes the last policy'] })
    },
  )
})

describe('mayfly policy remove', () => {
  it('finds a policy by its id or name', async () => {
    const world = await policyWorld()
    const same = [1, 2].map((number) => policyDocument('Same', { id: idOf(number) }))
    await world.apply('policy apply', [...same, policyDocument('A')])
    await expect(world.run('policy remove', ['Same', '--yes'])).toRefuse(
      'usage-wrong',
      /several have this name/,
    )
    await expect(world.run('policy remove', ['B', '--yes'])).toRefuse('policy-unknown')
    await world.run('policy remove', [idOf(2).toUpperCase(), '--yes'])
    await world.run('policy remove', ['A', '--yes'])
    expect((await world.shown())['policies']).toMatchObject([{ id: idOf(1) }])
  })
})

describe('mayfly location', () => {
  const atOffice = policyDocument('A', {
    conditions: { locations: { includeLocations: ['All'], excludeLocations: ['Office'] } },
  })

  it('puts locations into force, adds, lists and removes them', async () => {
    const world = await policyWorld()
    const many = networks('Office', ...Array.from({ length: 7 }, (_, index) => `192.0.2.${index}/32`))
    await world.apply('location apply', [many])
    await world.apply('location apply', countries('Home', 'de', 'AT'), '--add')
    const { text, json } = await world.run('location list')
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'Office',
      '  trusted networks: 192.0.2.0/32, 192.0.2.1/32, 192.0.2.2/32, 192.0.2.3/32,',
      '  192.0.2.4/32, and 2 more',
      'Home',
      '  countries: DE, AT',
    ])
    expect(json).toMatchObject({
      revision: 3,
      locations: [{ kind: 'networks' }, { countries: ['DE', 'AT'] }],
    })
    await world.run('location remove', ['Home', '--yes'])
    await expect(world.run('location remove', ['Home', '--yes'])).toRefuse('location-unknown')
    expect(namesIn(await world.shown(), 'locations')).toEqual(['Office'])
  })

  it('does not take a location away that a policy refers to, whichever command would', async () => {
    const world = await policyWorld()
    await expect(world.apply('policy apply', atOffice)).toRefuse(
      'policies-invalid',
      /no named location Office/,
    )
    await world.apply('location apply', networks('Office', '192.0.2.0/24'))
    await world.apply('policy apply', atOffice)
    await expect(world.run('location remove', ['Office', '--yes'])).toRefuse(
      'policies-invalid',
      /no named location Office/,
    )
    await expect(world.apply('location apply', [])).toRefuse('policies-invalid')
    const list = await world.run('location list')
    expect(list.json).toMatchObject({ revision: 3, locations: [{ displayName: 'Office' }] })
  })
})

describe('mayfly tenant', () => {
  const asking = [
    risky('A'),
    policyDocument('B', { grantControls: { operator: 'OR', builtInControls: ['mfa'] } }),
  ]

  it('keeps the policies when a configuration is applied, and does not take their sources away', async () => {
    const world = await policyWorld()
    await world.apply('policy apply', asking)
    const apply = (changes: Members) => world.applyTenant({ ...world.document, ...changes }, '--base', '2')
    const [trust = {}] = world.document['tokenIssuers'] as readonly Members[]
    await expect(apply({ tokenIssuers: [{ ...trust, signals: {} }] })).toRefuse(
      'policies-invalid',
      /the sign-in risk/,
    )
    await expect(apply({ tokenIssuers: [{ ...trust, proofs: [] }] })).toRefuse(
      'policies-invalid',
      /multifactor/,
    )
    await expect(apply({ lifetimes: { C: 600 } })).toRefuse('policies-invalid', /no policy with the id C/)
    expect((await apply({ lifetimes: { A: 600 } })).json).toMatchObject({ revision: 3 })
    expect(namesIn(await world.shown(), 'policies')).toEqual(['A', 'B'])
    await expect(world.run('policy remove', ['A', '--yes'])).toRefuse('policies-invalid', /lifetimes: .* A/)
  })

  it('tells which policies a changed configuration sets aside, or brings to bear', async () => {
    const vpnServer = 'd2a1b0d9-0000-4000-8000-000000000001'
    const world = await policyWorld({ applicationIds: [vpnServer] })
    const forVpn = { conditions: { applications: { includeApplications: [vpnServer] } } }
    await world.apply('policy apply', [policyDocument('A'), policyDocument('B', forVpn)])
    const without = { ...world.document, applicationIds: [] }
    expect((await world.applyTenant(without, '--base', '2')).text).toMatch(
      /policies\.B\n {4}- "may apply here"\n {4}\+ "never applies here: .*application/,
    )
    const again = await world.applyTenant(world.document, '--base', '3')
    expect(again.text).toMatch(/policies\.B\n {4}- "never applies here: .*\n {4}\+ "may apply here"/)
    expect(again.text).not.toMatch(/policies\.A/)
  })

  it('rolls the whole revision back, and applies what tenant show --json printed', async () => {
    const world = await policyWorld()
    await world.apply('location apply', networks('Office', '192.0.2.0/24'))
    await world.apply('policy apply', asking)
    const whole = await world.shown()
    await world.apply('policy apply', policyDocument('C'))
    await world.run('tenant rollback', ['--revision', '3', '--yes'])
    const back = await world.shown()
    const names = [namesIn(back, 'policies'), namesIn(back, 'locations')]
    expect([back['revision'], ...names]).toEqual([5, ['A', 'B'], ['Office']])
    await world.applyTenant({ ...whole, revision: 5, policies: [policyDocument('D')] })
    expect(namesIn(await world.shown(), 'policies')).toEqual(['D'])
    const wrong = { ...whole, revision: 6, policies: 'none' }
    await expect(world.applyTenant(wrong)).toRefuse('configuration-invalid', /policies/)
  })

  it('does not keep the policies of a revision that was altered, but for --force', async () => {
    const world = await policyWorld()
    await world.apply('policy apply', policyDocument('A'))
    const tables = tablesOfFile()
    const part = (await tables.list('tenants', world.tenant)).find(({ row }) => row.startsWith('part~'))
    await tables.remove('tenants', { partition: world.tenant, row: part?.row ?? '' })
    await expect(world.run('policy list')).rejects.toThrow(/is not the one that was applied/)
    const shown = await world.run('tenant history')
    expect(shown.json).toMatchObject({ revisions: [{ intact: true }, { intact: false }] })
    await expect(world.applyTenant(world.document, '--replace')).toRefuse('last-policy', /which was altered/)
    await world.applyTenant(world.document, '--replace', '--force')
    expect(await world.shown()).toMatchObject({ revision: 3, policies: [] })
  })
})
