import { describe, expect, it } from 'vitest'
import { decideToken, type Deny } from '../../../lib/policy/decideToken.ts'
import { denialRefusal } from '../../../lib/policy/denialRefusal.ts'
import { isWorthAsking } from '../../../lib/policy/isWorthAsking.ts'
import type { DeviceEvidence, EvidenceTrouble } from '../../../lib/policy/signals/deviceEvidence.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { Members } from '../../tenants.ts'
import { genericTenant, verifyGeneric } from '../token/verifying.ts'
import {
  bootsSecurely,
  circumstancesOf,
  compliancePolicy,
  evidenceOf,
  isEncrypted,
  report,
} from './evidenceCases.ts'
import { compiled, graphPolicy } from './policySet.ts'

const baseline = compliancePolicy('Baseline', [bootsSecurely, isEncrypted])
const access = [graphPolicy('P')]
const policies = compiled(access, { compliancePolicies: [baseline] })
const withoutCompliance = compiled(access)

const unmapped = { complianceProofs: undefined, proofs: [] }
const tokenOf = (claims: Members = {}, trust: Members = unmapped) =>
  verifyGeneric({ claims }, genericTenant(trust))

const windows = report('platform', 'windows')
const healthy = [windows, report('secureBoot', true), report('systemDriveEncrypted', true)]
const silent = healthy.map((one) => ({ ...one, value: undefined }))
const answering = (said: Answer): DeviceEvidence['directory'] => ({
  attributes: undefined,
  proofs: { compliantDevice: said },
})

const trouble = (changes: Partial<EvidenceTrouble> = {}): EvidenceTrouble => ({
  source: 'posture',
  code: 'posture-refused',
  why: 'the posture token is late',
  retryAfterSeconds: undefined,
  ...changes,
})
const keysOut = trouble({ code: 'token-keys-unavailable', why: 'the keys are out', retryAfterSeconds: 7 })
const directoryOut = trouble({
  source: 'directory',
  code: 'directory-unavailable',
  why: 'the directory is out',
  retryAfterSeconds: 30,
})

interface Deciding {
  readonly policies?: typeof policies
  readonly token?: ReturnType<typeof tokenOf>
}

const decideOn = async (
  evidence: Partial<DeviceEvidence> | undefined,
  { policies: by = policies, token = tokenOf() }: Deciding = {},
) => decideToken(await token, by, circumstancesOf(evidence && evidenceOf(evidence)))

const refusalOf = async (evidence: Partial<DeviceEvidence> | undefined, deciding: Deciding = {}) => {
  const denied = await decideOn(evidence, deciding)
  expect(denied.kind).toBe('deny')
  return denialRefusal(denied as Deny, await (deciding.token ?? tokenOf()), undefined)
}

describe('decideToken(), by compliance policies,', () => {
  it('permits a device that meets them, and keeps the facts that they ask for', async () => {
    const facts = [...healthy, report('osVersion', '10.0'), report('jailBroken', false, 'intune')]
    const permit = await decideOn({ facts })
    expect(permit).toMatchObject({
      kind: 'permit',
      decision: { proof: 'compliantDevice', compliance: { compliant: 'yes' } },
    })
    expect(permit.signals).toMatchObject({ facts: healthy, proofs: {} })
  })

  it('keeps no facts, and of the directory only what device filters name, where nobody asks for more', async () => {
    const told = { deviceId: undefined, trustType: 'AzureAD', displayName: "Ada's laptop" }
    const directory = { attributes: told, proofs: { compliantDevice: 'yes' } } as const
    const token = tokenOf({}, { ...unmapped, signals: { device: { attributes: {} } } })
    const rule = 'device.trustType -eq "AzureAD"'
    const filtered = graphPolicy('F', { devices: { deviceFilter: { mode: 'include', rule } } })
    const evidence = { facts: healthy, directory }
    const { signals } = await decideOn(evidence, { policies: compiled([filtered]), token })
    expect(signals.device).toEqual({ trustType: 'AzureAD' })
    expect(signals).not.toHaveProperty('facts')
  })

  it('tells which settings fail, and how to mend them', async () => {
    const facts = [windows, report('secureBoot', false), report('systemDriveEncrypted', undefined)]
    const { code, status, detail, options } = await refusalOf({ facts })
    expect([code, status]).toEqual(['device-not-compliant', 403])
    expect(detail).toBe(
      'Cannot enroll: the device does not meet the compliance policy "Baseline": secureBoot wants secureBoot as it should be (secureBoot: no, by the posture token 5 min ago), and 1 more.',
    )
    expect(options.failed).toEqual({
      policies: [{ displayName: 'P', missing: [['compliantDevice']] }],
      settings: [
        {
          policy: 'Baseline',
          setting: 'secureBoot',
          wanted: 'secureBoot as it should be',
          actual: 'secureBoot: no, by the posture token 5 min ago',
          remedy: 'mend secureBoot',
        },
        {
          policy: 'Baseline',
          setting: 'systemDriveEncrypted',
          wanted: 'systemDriveEncrypted as it should be',
          actual: 'systemDriveEncrypted: unknown, by the posture token',
          remedy: 'have systemDriveEncrypted reported, or mend systemDriveEncrypted',
        },
      ],
      remediation:
        'Mend secureBoot, and have systemDriveEncrypted reported, or mend systemDriveEncrypted; then try again with fresh tokens.',
      remediationLink: undefined,
    })
  })

  const claimed = { token: tokenOf({ device_compliant: true }, {}) }
  const mapped = (claims: Members) => ({
    token: tokenOf(claims, { ...unmapped, signals: { facts: { secureBoot: 'boot' } } }),
  })
  const unsure = [windows, report('systemDriveEncrypted', true)]
  it.each<readonly [string, Partial<DeviceEvidence> | undefined, Deciding, RegExp]>([
    [
      'a stale claim beside a failed policy',
      { facts: [windows, report('secureBoot', false)] },
      claimed,
      /does not meet the compliance policy "Baseline": secureBoot/,
    ],
    [
      'a stale claim beside a directory that says no',
      { directory: answering('no') },
      { ...claimed, policies: withoutCompliance },
      /the directory says that the device is not compliant/,
    ],
    [
      'a claim that says no',
      { facts: healthy },
      { token: tokenOf({ device_compliant: false }, {}) },
      /the token says that the device is not compliant\.$/,
    ],
    [
      'a directory that is silent',
      { facts: healthy, directory: answering('unknown') },
      {},
      /the directory does not tell whether/,
    ],
    [
      'a claim that is missing',
      { facts: healthy },
      { token: tokenOf({ device_compliant: undefined }, {}) },
      /the token does not prove a compliant device\.$/,
    ],
    [
      'a platform that nobody tells',
      { facts: silent },
      {},
      /no compliance policy of the tenant is certainly assigned/,
    ],
    [
      'a fact that no source tells',
      { facts: unsure },
      {},
      /nobody tells whether the device meets .*: secureBoot .* \(unknown: no source tells it\)\.$/,
    ],
    [
      'a source that two disagree on',
      { facts: [...healthy, report('secureBoot', false, 'intune')] },
      {},
      /secureBoot: yes, by the posture token 5 min ago; secureBoot: no, by Intune/,
    ],
    [
      'a claim of another type',
      { facts: unsure },
      mapped({ boot: 'true' }),
      /secureBoot: unknown, by the compliance token\): its claim "boot" is a string, true or false wanted\.$/,
    ],
    ['no evidence at all', undefined, {}, /no compliance policy of the tenant is certainly assigned/],
  ])('refuses %s, and says so', async (_, evidence, deciding, detail) => {
    const refusal = await refusalOf(evidence, deciding)
    expect(refusal.code).toBe('device-not-compliant')
    expect(refusal.detail).toMatch(detail)
  })

  const ofDirectory = [
    report('platform', undefined, 'directory'),
    report('systemDriveEncrypted', undefined, 'intune'),
    report('tpmPresent', undefined, 'intune'),
  ]
  const onMac = compliancePolicy('Macs', [isEncrypted], { platform: 'macOS' })
  const tpm = compliancePolicy('Chips', [{ kind: 'is', fact: 'tpmPresent', value: true }])
  const many = compiled(access, { compliancePolicies: [baseline, tpm, onMac] })
  it.each<readonly [string, Partial<DeviceEvidence>, readonly string[]]>([
    ['was not asked', {}, ['secureBoot']],
    ['told nothing', { troubles: [directoryOut] }, []],
    ['told a little', { facts: [report('osVersion', '10.0', 'intune')] }, []],
  ])(
    'names only what is wrong all the same, where the directory %s',
    async (_, { facts = [], ...changes }, named) => {
      const told = [windows, report('secureBoot', false), report('systemDriveEncrypted', true)]
      const directory = answering('unknown')
      const evidence = { facts: [...told, ...ofDirectory, ...facts], directory, ...changes }
      const { options } = await refusalOf(evidence, { policies: many })
      expect((options.failed?.settings ?? []).map(({ setting }) => setting)).toEqual(named)
    },
  )

  it('names of policies that may be assigned nothing, unless all that are for certain hold', async () => {
    const group = { all: false, groups: ['g'], excludedGroups: [] }
    const some = compliancePolicy('Some', [{ kind: 'is', fact: 'tpmPresent', value: true }], {
      assignment: group,
    })
    const set = { policies: compiled(access, { compliancePolicies: [baseline, some] }) }
    const named = async (facts: DeviceEvidence['facts']) =>
      (await refusalOf({ facts }, set)).options.failed?.settings?.map(({ setting }) => setting)
    expect(await named([...healthy, report('tpmPresent', false)])).toEqual(['tpmPresent'])
    expect(await named([windows, report('secureBoot', false), report('tpmPresent', false)])).toEqual([
      'secureBoot',
      'systemDriveEncrypted',
    ])
  })

  it('sends whom no compliance policy is assigned to, to the administrator', async () => {
    const { options } = await refusalOf({ facts: [report('platform', 'linux')] })
    expect(options.failed).toMatchObject({ remediation: expect.stringMatching(/^Ask the administrator/) })
    expect(options.failed).not.toHaveProperty('settings')
  })

  it('tells of many settings the first ones', async () => {
    const names = [
      'tpmPresent',
      'codeIntegrity',
      'firewallEnabled',
      'antivirusEnabled',
      'passwordRequired',
      'jailBroken',
      'bootDebugging',
    ] as const
    const long = compliancePolicy(
      'Long',
      names.map((fact) => ({ kind: 'is', fact, value: true })),
    )
    const facts = [windows, ...names.map((name) => report(name, false))]
    const { options } = await refusalOf(
      { facts },
      { policies: compiled(access, { compliancePolicies: [long] }) },
    )
    expect(options.failed?.remediation).toMatch(/mend passwordRequired, and mend 2 more settings; then/)
    expect(options.failed?.settings).toHaveLength(7)
  })

  it('tells of settings where a policy is satisfied by something else, and none permits', async () => {
    const proofs = [{ control: 'mfa', by: 'amr', contains: ['mfa'] }]
    const token = tokenOf({ amr: ['mfa'] }, { ...unmapped, proofs })
    const either = compiled([graphPolicy('E', {}, { grant: ['mfa', 'compliantDevice'] })], {
      compliancePolicies: [baseline],
    })
    const { code, options } = await refusalOf(
      { facts: [windows, report('secureBoot', false)] },
      { policies: either, token },
    )
    expect(code).toBe('policy-not-satisfied')
    expect(options.failed?.remediation).toMatch(/^Mend secureBoot, and/)
  })

  it('asks for a sign-in only where that alone helps', async () => {
    const proofs = [{ control: 'mfa', by: 'acr', values: ['strong'] }]
    const both = {
      token: tokenOf({}, { ...unmapped, proofs }),
      policies: compiled([...access, graphPolicy('M', {}, { grant: ['mfa'] })], {
        compliancePolicies: [baseline],
      }),
    }
    expect((await refusalOf({ facts: healthy }, both)).code).toBe('sign-in-insufficient')
    const refusal = await refusalOf({ facts: [windows, report('secureBoot', false)] }, both)
    expect([refusal.code, refusal.options.failed?.settings?.length]).toEqual(['policy-not-satisfied', 2])
  })
})

describe('decideToken(), where sources are in trouble,', () => {
  const late = { facts: silent, troubles: [trouble()] }

  it.each(['posture-refused', 'attestation-refused', 'attestation-unbound'] as const)(
    'refuses with %s for want of what the source would have said',
    async (code) => {
      const refusal = await refusalOf({
        ...late,
        facts: [windows, ...silent.slice(1)],
        troubles: [trouble({ code })],
      })
      expect([refusal.code, refusal.status]).toEqual([code, 403])
      expect(refusal.detail).toBe('Cannot enroll: the posture token is late.')
      expect(refusal.options.failed?.settings).toHaveLength(2)
    },
  )

  it.each<readonly [string, Partial<DeviceEvidence>, Deciding]>([
    ['somebody says no', { ...late, facts: [windows, report('secureBoot', false), ...silent.slice(2)] }, {}],
    [
      'another source is the one that is missed',
      { facts: [windows, report('secureBoot', undefined, 'intune')], troubles: [trouble()] },
      {},
    ],
    ['no policy asks for what it tells', late, { policies: withoutCompliance }],
  ])('does not blame it where %s', async (_, evidence, deciding) => {
    expect((await refusalOf(evidence, deciding)).code).toBe('device-not-compliant')
  })

  it('does not blame it where another policy blocks', async () => {
    const block = graphPolicy('B', {}, { grant: ['block'] })
    const blocking = { policies: compiled([...access, block], { compliancePolicies: [baseline] }) }
    expect((await refusalOf(late, blocking)).code).toBe('policy-not-satisfied')
  })

  it.each<readonly [string, Partial<DeviceEvidence>, readonly [string, number]]>([
    ['keys', { facts: silent, troubles: [keysOut] }, ['token-keys-unavailable', 7]],
    [
      'the directory',
      { facts: healthy, directory: answering('unknown'), troubles: [directoryOut] },
      ['directory-unavailable', 30],
    ],
    [
      'the one that decides',
      { facts: healthy, directory: answering('unknown'), troubles: [keysOut, directoryOut] },
      ['directory-unavailable', 30],
    ],
    [
      'the first of two',
      { facts: silent, directory: answering('unknown'), troubles: [keysOut, directoryOut] },
      ['token-keys-unavailable', 7],
    ],
  ])('has the client ask again where an outage alone decides: %s', async (_, evidence, [code, seconds]) => {
    const refusal = await refusalOf(evidence)
    expect([refusal.code, refusal.status]).toEqual([code, 503])
    expect(refusal.options).toEqual({ retryAfterSeconds: seconds })
  })

  it.each<readonly [string, Partial<DeviceEvidence>]>([
    ['the device fails', { facts: [...silent, report('secureBoot', false, 'intune')], troubles: [keysOut] }],
    ['the directory says no', { facts: silent, directory: answering('no'), troubles: [keysOut] }],
    [
      'another source is silent',
      { facts: [...silent, report('secureBoot', undefined, 'intune')], troubles: [keysOut] },
    ],
    [
      'another platform is told',
      { facts: [report('platform', 'linux'), ...silent.slice(1)], troubles: [keysOut] },
    ],
  ])('denies for good where %s, whatever the outage', async (_, evidence) => {
    expect((await refusalOf(evidence)).status).toBe(403)
  })

  const rule = 'device.trustType -eq "AzureAD"'
  const filtered = (mode: 'include' | 'exclude', id: string, grant: readonly string[]) =>
    graphPolicy(id, { devices: { deviceFilter: { mode, rule } } }, { grant })
  it.each([
    ['may permit', [filtered('include', 'F', ['compliantDevice'])], 503],
    ['may exempt', [...access, filtered('exclude', 'F', ['block'])], 503],
    [
      'may do either, each for itself',
      [filtered('include', 'F', ['compliantDevice']), filtered('include', 'G', ['block'])],
      503,
    ],
    ['would not help', [filtered('exclude', 'F', ['mfa'])], 403],
  ] as const)(
    'supposes of a device filter what is best where the directory is out: it %s',
    async (_, set, status) => {
      const directory = { attributes: undefined, proofs: { compliantDevice: 'yes' } } as const
      const evidence = { directory, troubles: [directoryOut] }
      expect((await refusalOf(evidence, { policies: compiled(set) })).status).toBe(status)
    },
  )
})

describe('isWorthAsking()', () => {
  const asked = async (evidence: Partial<DeviceEvidence>, deciding: Deciding = {}) =>
    isWorthAsking(
      await (deciding.token ?? tokenOf()),
      deciding.policies ?? policies,
      circumstancesOf(evidenceOf({ directory: answering('unknown'), ...evidence })),
    )

  it('is true where the directory decides alone', async () => {
    expect(await asked({ facts: healthy })).toBe(true)
    expect(
      await asked({ facts: healthy.map((one) => ({ ...one, value: undefined, source: 'intune' })) }),
    ).toBe(true)
  })

  it('is false where the best that it can say does not help', async () => {
    expect(await asked({ facts: [windows, report('secureBoot', false)] })).toBe(false)
    expect(await asked({ facts: silent })).toBe(false)
    expect(await asked({ facts: healthy }, { token: tokenOf({ device_compliant: false }, {}) })).toBe(false)
  })

  it('is false where the policies allow it anyway', async () => {
    const proofs = [{ control: 'domainJoinedDevice', by: 'claim', claim: 'joined', equals: true }]
    const token = tokenOf({ joined: true }, { ...unmapped, proofs })
    const joined = compiled([graphPolicy('J', {}, { grant: ['domainJoinedDevice'] })])
    expect(await asked({}, { token, policies: joined })).toBe(false)
  })

  it('is true where a policy that shortens the life may not apply by what it says', async () => {
    const proofs = [{ control: 'domainJoinedDevice', by: 'claim', claim: 'joined', equals: true }]
    const token = tokenOf({ joined: true }, { ...unmapped, proofs })
    const rule = { devices: { deviceFilter: { mode: 'include', rule: 'device.trustType -eq "AzureAD"' } } }
    const grant = { grant: ['domainJoinedDevice'] }
    const documents = [graphPolicy('J', {}, grant), graphPolicy('short', rule, grant)]
    expect(await asked({}, { token, policies: compiled(documents) })).toBe(false)
    const shortened = compiled(documents, { lifetimes: { short: 600 } })
    expect(await asked({}, { token, policies: shortened })).toBe(true)
  })
})
