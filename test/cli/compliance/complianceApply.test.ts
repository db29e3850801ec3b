import { describe, expect, it } from 'vitest'
import { complianceDocument, policyDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { complianceWorld } from './complianceWorld.ts'

const idOf = (number: number) => `aaaaaaaa-0000-4000-8000-00000000000${number}`
const named = (shown: Members) =>
  (shown['compliancePolicies'] as readonly Members[]).map(({ displayName }) => displayName)
const firstPolicy =
  /^from now on no claim and no directory alone proves a compliant device: the$\n^compliance policies must hold, too$/m

describe('mayfly compliance apply', () => {
  it('puts all policies of files into force, tells what comes of it, and keeps policies and locations', async () => {
    const world = await complianceWorld()
    await world.apply('policy apply', policyDocument('P'))
    const list = {
      '@odata.context': 'https://graph.microsoft.com/beta/$metadata',
      value: [complianceDocument('B')],
    }
    const files = [await world.file(complianceDocument('A', { id: null })), await world.file(list)]
    const words = ['-f', files[0] ?? '', '-f', files[1] ?? '', '--yes', '--reason', 'rolled out']
    const { text, json } = await world.run('compliance apply', words)
    expect(text).toMatch(/revision 3 is in force.*\n {2}compliancePolicies\.A\n {4}\+ /)
    expect(text).toMatch(firstPolicy)
    expect(json).toMatchObject({
      changed: true,
      effects: [/^from now on/, /windows of everybody/].map(
        (effect) => expect.stringMatching(effect) as string,
      ),
    })
    const shown = await world.shown()
    expect(shown).toMatchObject({ revision: 3, action: 'compliance apply', reason: 'rolled out' })
    expect([named(shown), shown['policies']]).toEqual([['A', 'B'], [policyDocument('P')]])
    expect((await world.run('compliance apply', words)).json).toMatchObject({
      revision: 3,
      changed: false,
      effects: [],
    })
    await world.apply('policy apply', policyDocument('Q'))
    expect(named(await world.shown())).toEqual(['A', 'B'])
  })

  it('asks, and shows what changes for whom; a dry run changes nothing', async () => {
    const world = await complianceWorld()
    const first = ['-f', await world.file(complianceDocument('A'))]
    await expect(world.run('compliance apply', first)).toRefuse('confirmation-needed')
    expect((await world.run('compliance apply', [...first, '--dry-run'])).text).toMatch(
      /too\n.*\n[^]*nothing was changed$/,
    )
    await world.run('compliance apply', [...first, '--yes'])
    const softer = await world.file(complianceDocument('A', { secureBootEnabled: false, assignments: [] }))
    const dry = await world.run('compliance apply', ['-f', softer, '--dry-run'])
    expect(dry.text).toMatch(/compliancePolicies\.A\.secureBootEnabled\n {4}- true\n {4}\+ false\n/)
    expect(dry.text).toMatch(/\ndevices that can be compliant: none\nnothing was changed$/)
    expect(await world.shown()).toMatchObject({ revision: 2 })
    await expect(world.run('compliance apply', ['-f', softer, '--yes', '--base', '1'])).toRefuse(
      'configuration-conflict',
    )
  })

  it('adds policies, and replaces those of the same id or name', async () => {
    const world = await complianceWorld()
    const of = (number: number | undefined, name: string, more: Members = {}) =>
      complianceDocument(name, { ...(number === undefined ? {} : { id: idOf(number) }), ...more })
    await world.apply('compliance apply', [of(1, 'A'), of(undefined, 'B')])
    await world.apply('compliance apply', [of(1, 'A2'), of(2, 'B'), of(undefined, 'C')], '--add')
    expect((await world.shown())['compliancePolicies']).toMatchObject([
      { id: idOf(1), displayName: 'A2' },
      { id: idOf(2), displayName: 'B' },
      { displayName: 'C' },
    ])
    await world.run('compliance remove', ['C', '--yes'])
    await expect(world.run('compliance remove', ['C', '--yes'])).toRefuse('policy-unknown')
    expect(named(await world.shown())).toEqual(['A2', 'B'])
  })

  it('takes policies without assignments only where all are meant, and keeps that', async () => {
    const world = await complianceWorld()
    const { assignments: _, ...bare } = complianceDocument('A')
    await expect(world.apply('compliance apply', bare)).toRefuse(
      'policies-invalid',
      /\d\.json: "A", assignments: is required: .*--assign-all/,
    )
    await world.apply('compliance apply', bare, '--assign-all')
    expect((await world.shown())['compliancePolicies']).toMatchObject([{ assignments: [{}] }])
    expect((await world.run('compliance list')).text).toMatch(/assigned to windows of everybody/)
  })

  it('names file, path and reason of what it does not take, and what no source tells', async () => {
    const world = await complianceWorld()
    await expect(world.apply('compliance apply', complianceDocument('A', { colour: 'red' }))).toRefuse(
      'policies-invalid',
      /\d\.json: "A", colour: is not supported/,
    )
    await expect(world.apply('compliance apply', policyDocument('A'))).toRefuse(
      'policies-invalid',
      /mayfly policy apply/,
    )
    const unsupplied = complianceDocument('A', { storageRequireEncryption: true })
    await expect(world.apply('compliance apply', unsupplied)).toRefuse(
      'policies-invalid',
      new RegExp(
        `"A", storageRequireEncryption: no source of ${world.tenant} tells systemDriveEncrypted: map it in .*Intune`,
      ),
    )
    expect(await world.shown()).toMatchObject({ revision: 1 })
  })

  it('lets a tenant be that proves devices by its compliance policies alone, and not take them away', async () => {
    const world = await complianceWorld()
    await world.apply('compliance apply', complianceDocument('A'))
    const whole = await world.shown()
    const configuration = whole['configuration'] as Members
    const [{ complianceProofs: _, ...trust }] = configuration['tokenIssuers'] as readonly [Members]
    await world.applyTenant({ ...whole, configuration: { ...configuration, tokenIssuers: [trust] } })
    await expect(world.run('compliance remove', ['A', '--yes', '--force'])).toRefuse(
      'policies-invalid',
      /tokenIssuers\[0\]\.proofs: none proves/,
    )
    const { evidence: __, ...bare } = configuration
    await expect(world.applyTenant({ ...bare, tokenIssuers: [trust] }, '--base', '3')).toRefuse(
      'policies-invalid',
      /"A", activeFirewallRequired: no source .* tells firewallEnabled/,
    )
  })

  it.each(['compliance apply', 'tenant rollback', 'compliance remove', 'tenant apply'])(
    'does not lose the last policy by %s without --force, which history tells',
    async (command) => {
      const world = await complianceWorld()
      await world.apply('compliance apply', complianceDocument('A'))
      const whole = { ...(await world.shown()), compliancePolicies: [] }
      const words = {
        'compliance apply': ['-f', await world.file([])],
        'tenant rollback': ['--revision', '1'],
        'compliance remove': ['A'],
      }[command]
      const run = (...more: readonly string[]) =>
        words ? world.run(command, [...words, '--yes', ...more]) : world.applyTenant(whole, ...more)
      await expect(run()).toRefuse('last-policy', /it removes the last compliance policy\.$/)
      expect((await run('--dry-run')).json).toMatchObject({ forceNeeded: true, changed: false })
      const { json, text } = await run('--force')
      expect(json).toMatchObject({ revision: 3, changed: true })
      expect(text).toMatch(/^from now on what claims and the directory prove is enough/m)
      expect(await world.shown()).toMatchObject({
        compliancePolicies: [],
        forced: ['removes the last compliance policy'],
      })
    },
  )

  it('is rolled back with its revision, and told by history', async () => {
    const world = await complianceWorld()
    await world.apply('compliance apply', complianceDocument('A'))
    await world.apply('compliance apply', complianceDocument('A', { secureBootEnabled: false }))
    await world.run('tenant rollback', ['--revision', '2', '--yes'])
    expect((await world.shown())['compliancePolicies']).toEqual([complianceDocument('A')])
    const { json } = await world.run('tenant history')
    const path = 'compliancePolicies.A.secureBootEnabled'
    expect(json).toMatchObject({
      revisions: [{}, {}, { differences: [{ path }] }, { differences: [{ path }] }],
    })
  })
})
