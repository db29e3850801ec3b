import { describe, expect, it } from 'vitest'
import { countries, networks, policyDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { policyWorld } from './policyWorld.ts'

const claims = { sub: 'alice', device_compliant: true, groups: ['staff'], amr: ['pwd'], risk: 'low' }

const set = [
  policyDocument('Compliant'),
  policyDocument('Away: mfa', {
    conditions: { locations: { includeLocations: ['All'], excludeLocations: ['Office'] } },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }),
  policyDocument('Country: block', {
    conditions: { locations: { includeLocations: ['Far'] } },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  }),
  policyDocument('Contractors', {
    state: 'enabledForReportingButNotEnforced',
    conditions: { users: { includeGroups: ['contractors'] } },
  }),
]

const world = async (lifetimes: Members = {}) => {
  const made = await policyWorld()
  await made.apply('location apply', [networks('Office', '192.0.2.0/24'), countries('Far', 'AQ')])
  await made.apply('policy apply', set)
  const whole = { ...(await made.shown()) }
  await made.applyTenant({
    ...whole,
    configuration: { ...(whole['configuration'] as Members), lifetimes },
  })
  const ask = async (told: unknown, ...more: readonly string[]) =>
    made.run('policy what-if', ['--claims', await made.file(told), ...more])
  return { ...made, ask }
}

describe('mayfly policy what-if', () => {
  it('prints each policy, each condition, each control, the decision and the life', async () => {
    const { tenant, ask } = await world({ Compliant: 600 })
    const { text, json } = await ask(claims, '--ip', '192.0.2.7', '--country', 'DE')
    expect(text).toBe(`${tenant}: revision 4 at 2026-03-02T10:00:00Z (in 0 seconds)

"Away: mfa": not applied: locations
  users: yes (included yes, excluded no)
  locations: no (included yes, excluded yes)
  multifactor authentication: no

"Compliant": satisfied
  users: yes (included yes, excluded no)
  a compliant device: yes

"Contractors" (report-only): not applied: users
  users: no (included no, excluded no)
  a compliant device: yes

"Country: block": not applied: locations
  users: yes (included yes, excluded no)
  locations: no (included no, excluded no)

allow: "Compliant" permits it, since compliantDevice is proven
the certificate lives 600 s at most, by lifetimes of "Compliant"`)
    expect(json).toMatchObject({
      decision: { kind: 'allow', proof: 'compliantDevice' },
      lifetimeSeconds: 600,
      signals: { clientIp: '192.0.2.7', country: 'DE', user: 'alice', at: 1_772_445_600 },
    })
  })

  it('counts what nobody says as unknown', async () => {
    const { text, json } = await (await world()).ask(claims)
    expect(text).toMatch(/^"Country: block": failed: block; nobody can tell: locations$/m)
    expect(text).toMatch(/\n\ndeny \(blocked\): /)
    expect(json).toMatchObject({ decision: { kind: 'deny', cause: 'blocked' }, lifetimeSeconds: null })
    const { sub: _, ...anybody } = claims
    const nameless = await (await world()).ask(anybody)
    expect(nameless.json).toMatchObject({ signals: { user: undefined, groups: ['staff'] } })
  })

  it.each<readonly [what: string, told: Members, words: readonly string[], decision: Members]>([
    [
      'an address elsewhere',
      claims,
      ['--ip', '198.51.100.1', '--country', 'DE'],
      { kind: 'deny', cause: 'notSatisfied' },
    ],
    ['mfa', { ...claims, amr: ['mfa'] }, ['--ip', '198.51.100.1', '--country', 'DE'], { kind: 'allow' }],
    [
      'a blocked country',
      claims,
      ['--ip', '192.0.2.7', '--country', 'AQ'],
      { kind: 'deny', cause: 'blocked' },
    ],
    [
      'a device that is not compliant',
      { ...claims, device_compliant: false },
      ['--ip', '192.0.2.7', '--country', 'DE'],
      { kind: 'deny' },
    ],
  ])('decides by %s', async (_, told, words, decision) => {
    expect((await (await world()).ask(told, ...words)).json).toMatchObject({ decision })
  })

  it('reads a token without verifying it, and the attributes of a device', async () => {
    const { tenant, file, run } = await world()
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const told = { ...claims, iss: `https://issuer.example/${tenant}`, aud: 'api://mayfly' }
    const token = `${part({ alg: 'RS256' })}.${part(told)}.${Buffer.from('unsigned').toString('base64url')}`
    const words = ['--token-file', await file(token), '--platform', 'macOS', '--at', '2026-03-02T11:00:00Z']
    const { json } = await run('policy what-if', [...words, '--device', await file({ model: 'x' })])
    const signals = { platform: 'macOS', device: { model: 'x' }, at: 1_772_449_200 }
    expect(json).toMatchObject({ signals })
    const none = await run('policy what-if', [...words, '--device', await file('null')])
    expect(none.json).toMatchObject({ signals: { device: null } })
    const stranger = await file({ ...told, iss: 'https://other.example' })
    await expect(run('policy what-if', ['--claims', stranger])).toRefuse('token-issuer-unknown')
  })

  it.each<readonly [words: readonly string[], why: RegExp]>([
    [[], /give --token-file or --claims/],
    [['--claims', 'a', '--token-file', 'b'], /give --token-file or --claims/],
    [['--claims', 'none.json'], /none\.json: ENOENT/],
    [['--ip', '192.0.2.256'], /--ip must be an IP address/],
    [['--country', 'Germany'], /--country must be two capital letters/],
    [['--platform', 'windows95'], /--platform must be one of android, /],
  ])('refuses %j', async (words, why) => {
    const { run } = await policyWorld()
    await expect(async () => run('policy what-if', words)).toRefuse('usage-wrong', why)
  })

  it('refuses claims and devices that are none', async () => {
    const { run, file } = await policyWorld()
    const told = await file(claims)
    for (const device of [{ colour: 'red' }, { model: 5 }, [], 'x'])
      await expect(run('policy what-if', ['--claims', told, '--device', await file(device)])).toRefuse(
        'usage-wrong',
      )
    await expect(run('policy what-if', ['--claims', await file([])])).toRefuse(
      'usage-wrong',
      /holds no object/,
    )
  })
})
