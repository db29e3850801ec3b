import { describe, expect, it } from 'vitest'
import type { CompliancePolicy } from '../../../lib/compliance/model/compliancePolicy.ts'
import type { FactName } from '../../../lib/policy/signals/factKinds.ts'
import { complianceFaults } from '../../../lib/tenant/complianceFaults.ts'
import { attestationTrust, genericTrust, type Members, postureTrust, tenantDocument } from '../../tenants.ts'
import { contentOf } from '../../world.ts'

const setting = (name: string, ...facts: readonly FactName[]) => ({
  name,
  wanted: name,
  deed: name,
  requirements: facts.map((fact) => ({ fact, kind: 'is', value: true }) as const),
})

const policy = (changes: Partial<CompliancePolicy> = {}): CompliancePolicy => ({
  id: 'C',
  displayName: 'Laptops',
  platform: 'windows',
  assignment: { all: true, groups: [], excludedGroups: [] },
  settings: [setting('activeFirewallRequired', 'firewallEnabled')],
  meaningless: [],
  ...changes,
})

const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
const faults = (wanted: CompliancePolicy, signals: Members, evidence?: Members) => {
  const document = tenantDocument(
    'contoso',
    [genericTrust(issuer, { signals })],
    evidence ? { evidence } : {},
  )
  const content = { ...contentOf(document), policies: [], locations: [], compliancePolicies: [wanted] }
  return complianceFaults(content)
}

describe('complianceFaults()', () => {
  it('tells of each fact that no source can tell, once, with the setting and what to configure', () => {
    const asking = policy({
      settings: [setting('a', 'tpmPresent', 'tpmVersion', 'tpmPresent'), setting('b', 'osBuild')],
    })
    const [present, version, build, ...others] = faults(asking, { platform: 'os' })
    expect(others).toEqual([])
    expect(present).toBe(
      '"Laptops", a: no source of contoso tells tpmPresent: map it in `signals.facts` of a token issuer or in `facts` of an issuer of `evidence.posture`, or trust a service of `evidence.attestation`',
    )
    expect(version).toMatch(/a: no source of contoso tells tpmVersion: /)
    expect(build).toMatch(
      /^"Laptops", b: .* tells osBuild: map .*, or ask Intune \(`evidence\.directory\.intune`\)$/,
    )
  })

  it.each<readonly [source: string, fact: FactName, signals: Members, evidence: Members | undefined]>([
    ['the token', 'firewallEnabled', { facts: { firewallEnabled: 'fw' } }, undefined],
    ['posture tokens', 'firewallEnabled', {}, { posture: [postureTrust()] }],
    ['attestations', 'codeIntegrity', {}, { attestation: [attestationTrust()] }],
    [
      'Intune',
      'threatLevel',
      {},
      { directory: { kind: 'entra', directoryId: 'c2a1b0d9-0000-4000-8000-00000000aa01', intune: true } },
    ],
  ])('takes a fact that %s can tell', (_, fact, signals, evidence) => {
    const asking = policy({ settings: [setting('x', fact)] })
    expect(faults(asking, { platform: 'os', ...signals }, evidence)).toEqual([])
    expect(faults(asking, { platform: 'os' })).toHaveLength(1)
  })

  it('asks for a source of the platform, whichever it is', () => {
    const facts = { firewallEnabled: 'fw' }
    expect(faults(policy(), { facts })).toEqual([
      expect.stringMatching(
        /^"Laptops", @odata\.type: no source of contoso tells the platform, and it is for windows: map `signals\.platform`, or /,
      ),
    ])
    const telling = postureTrust({ facts: { platform: 'os' } })
    expect(faults(policy(), { facts }, { posture: [telling] })).toEqual([])
  })

  it.each(['groups', 'excludedGroups'])('asks for the groups of a user where %s count', (member) => {
    const assigned = policy({ assignment: { all: true, groups: [], excludedGroups: [], [member]: ['g'] } })
    const signals = { platform: 'os', facts: { firewallEnabled: 'fw' } }
    expect(faults(assigned, signals)).toEqual([
      '"Laptops", assignments: no token issuer of contoso says the groups of a user: map `signals.groups`',
    ])
    expect(faults(assigned, { ...signals, groups: 'groups' })).toEqual([])
  })

  it('asks nothing for a policy that is assigned to nobody', () => {
    const assignment = { all: false, groups: [], excludedGroups: ['g'] }
    expect(faults(policy({ assignment }), {})).toEqual([])
    expect(faults(policy(), {})).toHaveLength(2)
  })
})
