import { describe, expect, it } from 'vitest'
import { complianceEffects } from '../../../cli/tenant/complianceEffects.ts'
import type {
  Assignment,
  CompliancePlatform,
  CompliancePolicy,
} from '../../../lib/compliance/model/compliancePolicy.ts'

const policy = (platform: CompliancePlatform, assignment: Partial<Assignment> = {}): CompliancePolicy => ({
  id: platform,
  displayName: platform,
  platform,
  assignment: { all: false, groups: [], excludedGroups: [], ...assignment },
  settings: [],
  meaningless: [],
})
const all = { all: true }

describe('complianceEffects()', () => {
  it('tells what the first policy does to every other proof, and the last one that goes', () => {
    expect(complianceEffects([], [policy('windows', all)])).toEqual([
      'from now on no claim and no directory alone proves a compliant device: the compliance policies must hold, too',
      'devices that can be compliant: windows of everybody; no others',
    ])
    expect(complianceEffects([policy('windows', all)], [])).toEqual([
      'from now on what claims and the directory prove is enough for a compliant device',
    ])
  })

  it.each<readonly [reach: string, after: readonly CompliancePolicy[]]>([
    ['none', [policy('windows')]],
    ['windows of everybody; macOS of everybody; no others', [policy('macOS', all), policy('windows', all)]],
    [
      'macOS of the groups a, b; no others',
      [policy('macOS', { groups: ['a'] }), policy('macOS', { groups: ['a', 'b'] })],
    ],
    [
      'windows of everybody but for the groups x; no others',
      [policy('windows', { all: true, excludedGroups: ['x'] })],
    ],
    [
      'windows of everybody; no others',
      [
        policy('windows', { all: true, excludedGroups: ['x'] }),
        policy('windows', { all: true, groups: ['a'] }),
      ],
    ],
  ])('tells that devices which can be compliant are %s', (reach, after) => {
    expect(complianceEffects([policy('windows', { groups: ['before'] })], after)).toEqual([
      `devices that can be compliant: ${reach}`,
    ])
  })

  it('tells nothing where nobody is reached who was not, and none where there are no policies', () => {
    const after = [policy('windows', all), policy('windows', { groups: ['a'] })]
    expect(complianceEffects([policy('windows', all)], after)).toEqual([])
    expect(complianceEffects([], [])).toEqual([])
  })
})
