import { describe, expect, it } from 'vitest'
import { openPolicies } from '../../../lib/policy/openPolicies.ts'

const tenant = () => ({
  policies: [],
  locations: [],
  compliancePolicies: [],
  configuration: { lifetimes: {} },
})

describe('openPolicies()', () => {
  it('compiles the policies of a revision once, and those of another anew', () => {
    const policiesOf = openPolicies()
    const [one, other] = [tenant(), tenant()]
    expect(policiesOf(one)).toBe(policiesOf(one))
    expect(policiesOf(other)).not.toBe(policiesOf(one))
  })
})
