import { describe, expect, it } from 'vitest'
import { complianceDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { assigned, complianceWorld, posture } from './complianceWorld.ts'

const staff = 'bbbbbbbb-0000-4000-8000-000000000001'
const claims = { sub: 'alice', os: 'windows', groups: [staff], device_compliant: true }
const at = 1_772_445_600
const healthy = {
  iss: posture.issuer,
  aud: posture.audience,
  iat: at - 300,
  firewall: true,
  boot: { secure: true },
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (told: unknown) =>
  `${part({ alg: 'RS256' })}.${part(told)}.${Buffer.from('unsigned').toString('base64url')}`

const world = async () => {
  const made = await complianceWorld()
  const pilots = complianceDocument('Pilots', {
    activeFirewallRequired: false,
    assignments: [assigned('groupAssignmentTarget', 'bbbbbbbb-0000-4000-8000-000000000002')],
  })
  await made.apply('compliance apply', [complianceDocument('Laptops'), pilots])
  const ask = async (told: Members | undefined, ...more: readonly string[]) => {
    const token = told ? ['--posture-file', await made.file(tokenOf(told))] : []
    return made.run('compliance what-if', ['--claims', await made.file(claims), ...token, ...more])
  }
  return { ...made, ask }
}

/** Takes a text as if its lines had no ends. */
const plain = (text: string) => text.replaceAll(/\n {2,}/g, ' ')

describe('mayfly compliance what-if', () => {
  it('shows each policy, each setting, what is wanted, what is so by whom, and the result', async () => {
    const { tenant, ask } = await world()
    const { text, json } = await ask({ ...healthy, boot: { secure: false } })
    expect(plain(text)).toBe(
      [
        `${tenant}: revision 2 at 2026-03-02T10:00:00Z (in 0 seconds)`,
        '"Laptops": failed secureBootEnabled: failed (wants secure boot on; secureBoot: no, by the posture token 5 min ago) activeFirewallRequired: satisfied (wants the firewall on; firewallEnabled: yes, by the posture token 5 min ago)',
        '"Pilots": not assigned',
        'compliant: no',
      ].join('\n\n'),
    )
    expect(json).toMatchObject({
      signals: { at, platform: 'windows', groups: [staff] },
      assessment: { compliant: 'no', policies: [{ id: 'Laptops', holds: 'no' }] },
    })
  })

  it('names the sources that tell nothing, and how to suppose their word', async () => {
    const { ask } = await world()
    const { text } = await ask(undefined)
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      / nothing is told here by the posture token: suppose it with --platform, --fact or --facts$/,
    )
  })

  it.each<readonly [what: string, told: Members | undefined, words: readonly string[], compliant: string]>([
    ['a healthy device', healthy, [], 'yes'],
    ['a claim alone', undefined, [], 'unknown'],
    ['a posture token that leaves a fact out', { ...healthy, boot: undefined }, [], 'unknown'],
    [
      'facts instead of a token',
      undefined,
      ['--fact', 'firewallEnabled=yes', '--fact', 'secureBoot=true'],
      'yes',
    ],
    ['a fact in place of what the token tells', healthy, ['--fact', 'secureBoot=no'], 'no'],
    ['a fact that nobody would tell', healthy, ['--fact', 'secureBoot=unknown'], 'unknown'],
    ['a fact that is none', healthy, ['--fact', 'secureBoot=none'], 'no'],
    ['another platform, for which there is no policy', healthy, ['--platform', 'macOS'], 'unknown'],
    ['a group with a policy more', healthy, ['--group', 'BBBBBBBB-0000-4000-8000-000000000002'], 'yes'],
  ])('decides by %s', async (_, told, words, compliant) => {
    expect((await (await world()).ask(told, ...words)).json).toMatchObject({ assessment: { compliant } })
  })

  it('asks the policies of a group that is supposed, too', async () => {
    const { json } = await (await world()).ask(healthy, '--group', 'bbbbbbbb-0000-4000-8000-000000000002')
    expect(json).toMatchObject({
      assessment: { policies: [{ id: 'Laptops' }, { id: 'Pilots', assigned: 'yes' }] },
    })
  })

  it('tells that a tenant without compliance policies asks for nothing', async () => {
    const { run, file } = await complianceWorld()
    const { text } = await run('compliance what-if', ['--claims', await file(claims)])
    expect(text).toMatch(/\n\nthere are no compliance policies: /)
  })

  it.each<readonly [words: readonly string[], why: RegExp]>([
    [[], /give --token-file or --claims/],
    [['--fact', 'secureBoot'], /--fact must be NAME=VALUE/],
    [['--fact', 'colour=red'], /--fact must be NAME=VALUE, with one of platform, /],
    [['--fact', 'secureBoot=5'], /--fact secureBoot must be true or false, none or unknown/],
    [['--fact', 'osVersion=ten'], /--fact osVersion must be numbers between dots/],
    [['--fact', 'platform=windows'], /--platform supposes the platform/],
  ])('refuses %j', async (words, why) => {
    const { run } = await complianceWorld()
    await expect(async () => run('compliance what-if', words)).toRefuse('usage-wrong', why)
  })

  it('refuses a fact that no source tells, and a posture token of a stranger', async () => {
    const { ask } = await world()
    await expect(ask(healthy, '--fact', 'tpmPresent=yes')).toRefuse(
      'usage-wrong',
      /no source that tells tpmPresent/,
    )
    await expect(ask({ ...healthy, aud: 'urn:other' })).toRefuse('usage-wrong', /of no issuer and audience/)
  })
})
