import { describe, expect, it } from 'vitest'
import { complianceDocument } from '../../policies.ts'
import { assigned, complianceWorld } from './complianceWorld.ts'

const id = 'aaaaaaaa-0000-4000-8000-000000000001'
const trusting = complianceDocument('Trusting', {
  id,
  secureBootEnabled: false,
  roleScopeTagIds: ['7'],
  assignments: [assigned('groupAssignmentTarget', 'bbbbbbbb-0000-4000-8000-000000000001')],
})
const idle = complianceDocument('Idle', { assignments: [] })

describe('mayfly compliance list', () => {
  it('tells that there are none', async () => {
    const { run } = await complianceWorld()
    expect(await run('compliance list')).toMatchObject({
      text: 'there are no compliance policies: what claims and the directory prove is enough',
      json: { revision: 1, policies: [] },
    })
  })

  it('shows each policy, whom it is assigned to, and what it wants', async () => {
    const { run, apply } = await complianceWorld()
    await apply('compliance apply', [trusting, idle])
    const { text, json } = await run('compliance list')
    expect(text.replaceAll(/\s*\n\s*/g, ' ')).toBe(
      `Trusting (${id}) assigned to windows of the groups bbbbbbbb-0000-4000-8000-000000000001; wants the firewall on Idle assigned to nobody; wants secure boot on, the firewall on`,
    )
    expect(json).toMatchObject({
      policies: [
        {
          id,
          platform: 'windows',
          settings: [{ name: 'activeFirewallRequired' }],
          notes: [/windows of the groups/, /by a group of devices/, /means nothing/],
        },
        { id: 'Idle', assignment: { all: false, groups: [] }, notes: [/assigned to nobody/] },
      ].map(({ notes, ...policy }) => ({
        ...policy,
        notes: notes.map((note) => expect.stringMatching(note) as string),
      })),
    })
  })
})

describe('mayfly compliance show', () => {
  it('tells each setting in words, who can tell it, and the document', async () => {
    const { run, apply } = await complianceWorld()
    await apply('compliance apply', [trusting, complianceDocument('Laptops')])
    const { text, json } = await run('compliance show', ['Laptops'])
    const [fields, settings, document = ''] = text.split('\n\n')
    expect(fields).toMatch(/^policy +Laptops\nid +Laptops$/)
    expect(settings?.replaceAll(/\n {2}/g, ' ').split('\n')).toEqual([
      '- it is assigned to windows of everybody',
      '- secureBootEnabled: secure boot on (secureBoot by the posture token)',
      '- activeFirewallRequired: the firewall on (firewallEnabled by the posture token)',
    ])
    expect(JSON.parse(document)).toEqual(complianceDocument('Laptops'))
    expect(json).toMatchObject({
      document: complianceDocument('Laptops'),
      settings: [{ wanted: 'secure boot on' }, {}],
    })
    expect((await run('compliance show', [id.toUpperCase()])).text).toMatch(
      /roleScopeTagIds means nothing here/,
    )
    await expect(run('compliance show', ['x'])).toRefuse('policy-unknown')
  })
})

describe('mayfly compliance check', () => {
  it('tells what policies would ask of whom, and changes nothing', async () => {
    const { run, file, shown } = await complianceWorld()
    const { text, json, exitCode } = await run('compliance check', ['-f', await file([trusting, idle])])
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({ accepted: true, faults: [], policies: [{ id }, { id: 'Idle' }] })
    expect(text).toMatch(
      /^Trusting\n {2}- asks for the firewall on\n {2}- it is assigned to windows of the groups\s+bbbbbbbb/m,
    )
    expect(text).toMatch(/groups are those of the user: by a group of devices it is assigned to\s+nobody$/m)
    expect(text).toMatch(/^Idle\n.*\n {2}- it is assigned to nobody, and asks nothing of anybody$/m)
    expect(text).toMatch(/^all of them\n {2}- from now on no claim/m)
    expect(text).toMatch(/\n2 policies would be accepted$/)
    expect(await shown()).toMatchObject({ revision: 1 })
  })

  it('lists all that is wrong with files and with the whole, and ends with 3', async () => {
    const { run, file } = await complianceWorld()
    const words = [
      '-f',
      await file([complianceDocument('A', { tpmRequired: true }), complianceDocument('B', { colour: 1 })]),
    ]
    const { text, json, exitCode } = await run('compliance check', words)
    expect(exitCode).toBe(3)
    expect(json).toMatchObject({
      accepted: false,
      faults: [/"B", \[1\]\.colour: is not supported/, /"A", tpmRequired: no source .* tells tpmPresent/].map(
        (fault) => expect.stringMatching(fault) as string,
      ),
    })
    expect(text).toMatch(/^not accepted\n[^]*\nthe policies would not be accepted$/)
    expect(text).not.toMatch(/from now on/)
  })
})
