import { genericTrust, type Members, postureTrust } from '../../tenants.ts'
import { policyWorld } from '../policy/policyWorld.ts'

/** Assigns a compliance policy to groups, or not to them. */
export const assigned = (
  kind: 'groupAssignmentTarget' | 'exclusionGroupAssignmentTarget',
  groupId: string,
) => ({
  target: { '@odata.type': `#microsoft.graph.${kind}`, groupId },
})

/** Where the posture tokens of these tenants come from. */
export const posture = { issuer: 'https://posture.example', audience: 'urn:mayfly:posture' }

/** A tenant whose token issuer says platform and groups, and whose posture tokens tell firewall and secure boot. */
export const complianceWorld = (changes: Members = {}) => {
  const trust = genericTrust(
    { url: 'https://issuer.example/compliance', audience: `api://mayfly/${crypto.randomUUID()}` },
    { signals: { groups: 'groups', platform: 'os' } },
  )
  const evidence = {
    posture: [
      postureTrust({ ...posture, facts: { firewallEnabled: 'firewall', secureBoot: ['boot', 'secure'] } }),
    ],
  }
  return policyWorld({ tokenIssuers: [trust], evidence, ...changes })
}
